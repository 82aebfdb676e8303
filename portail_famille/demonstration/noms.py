"""First names and surnames that invented families draw from: common ones, none chosen for anybody."""

PRENOMS_ADULTES = (
    "Adrien", "Aïcha", "Alexandre", "Amandine", "Anaïs", "Antoine", "Audrey", "Aurélie", "Benoît", "Bruno", "Cécile",
    "Céline", "Cédric", "Charlotte", "Christophe", "Claire", "Damien", "Delphine", "Élise", "Émilie", "Éric", "Fabien",
    "Fanny", "Fatima", "Florence", "Florian", "François", "Gaëlle", "Guillaume", "Hélène", "Isabelle", "Jérôme",
    "Jonathan", "Julie", "Karine", "Laurent", "Laetitia", "Lise", "Ludovic", "Magali", "Marie", "Mathieu", "Mehdi",
    "Mélanie", "Michel", "Nadia", "Nathalie", "Olivier", "Pascal", "Patricia", "Pauline", "Philippe", "Rachid",
    "Rémi", "Romain", "Sabrina", "Samir", "Sandrine", "Sébastien", "Sonia", "Stéphane", "Sylvie", "Vincent", "Yasmine",
)  # fmt: skip

PRENOMS_ENFANTS = (
    "Adam", "Agathe", "Alice", "Alix", "Ambre", "Anna", "Arthur", "Assia", "Axel", "Basile", "Camille", "Capucine",
    "Charlie", "Clément", "Clémence", "Constance", "Côme", "Diane", "Eden", "Elena", "Élise", "Éliott", "Emma", "Enzo",
    "Esteban", "Ethan", "Eva", "Ezra", "Faustine", "Gabriel", "Gaspard", "Hanna", "Ilyes", "Ibrahim", "Iris", "Jade",
    "Jeanne", "Joseph", "Julia", "Kenza", "Léo", "Léonie", "Liam", "Lila", "Lisa", "Lou", "Louis", "Louise", "Lucas",
    "Lucie", "Malo", "Manon", "Margaux", "Marius", "Martin", "Maya", "Milo", "Mohamed", "Mona", "Nathan", "Nina",
    "Nolan", "Noor", "Olivia", "Oscar", "Paul", "Raphaël", "Romy", "Rose", "Sacha", "Salomé", "Samuel", "Simon",
    "Soline", "Suzanne", "Tiago", "Timéo", "Valentin", "Victoire", "Victor", "Yasmine", "Younes", "Zélie",
)  # fmt: skip

NOMS = (
    "Adam", "André", "Aubert", "Bailly", "Barbier", "Baron", "Benard", "Berger", "Blanc", "Bonnet", "Bouchet",
    "Boulanger", "Bourgeois", "Boyer", "Brun", "Carpentier", "Charpentier", "Chevalier", "Clément", "Colin", "Collet",
    "Cordier", "Cousin", "Da Silva", "Daniel", "David", "Deschamps", "Dubois", "Dufour", "Dumas", "Dumont", "Dupuis",
    "Durand", "Fabre", "Faure", "Fernandez", "Fleury", "Fournier", "Gaillard", "Gauthier", "Gérard", "Girard", "Guérin",
    "Guillot", "Henry", "Hubert", "Jacquet", "Joly", "Lacroix", "Leclerc", "Lefèvre", "Legrand", "Lemaire", "Leroux",
    "Lopez", "Lucas", "Marchal", "Martinez", "Masson", "Mathieu", "Mercier", "Meunier", "Meyer", "Michel", "Moulin",
    "Nicolas", "Noël", "Olivier", "Paris", "Pereira", "Perrot", "Petit", "Philippe", "Picard", "Pierre", "Poirier",
    "Prévost", "Renard", "Renaud", "Rey", "Riviere", "Robin", "Rodriguez", "Roger", "Rolland", "Roy", "Sanchez",
    "Schmitt", "Traoré", "Vasseur", "Vidal", "Vincent", "Weber",
)  # fmt: skip

VOIES = (
    "rue des Acacias", "rue du Lavoir", "allée des Merles", "chemin des Vignes", "rue des Écoles", "place du Marché",
    "rue de la Fontaine", "impasse du Pressoir", "avenue des Peupliers", "rue du Moulin", "rue des Lilas",
)  # fmt: skip
