"""The command line's own sentences in French: missing file, bad choice, unknown option, help.

click asks gettext for them, whose catalogues it does not ship and whose language is the machine's, not the town's. The
words are put where click looks for them, whatever LANG says; a sentence that is not here stays in English.
"""

from collections.abc import Callable

from click import core, decorators, exceptions, formatting, parser, types

PHRASES: dict[str, str] = {
    "Usage:": "Emploi :",
    "Options": "Options",
    "Commands": "Commandes",
    "Positional arguments": "Arguments",
    "Show this message and exit.": "Montrer cette aide.",
    "Error: {message}": "Erreur : {message}",
    "Try '{command} {option}' for help.": "Aide : {command} {option}",
    "Aborted!": "Abandonné.",
    "Invalid value: {message}": "Valeur refusée : {message}",
    "Invalid value for {param_hint}: {message}": "Valeur refusée pour {param_hint} : {message}",
    "Missing argument": "Il manque l’argument",
    "Missing option": "Il manque l’option",
    "Missing parameter": "Il manque le paramètre",
    "Missing {param_type}": "Il manque {param_type}",
    "Missing parameter: {param_name}": "Il manque le paramètre {param_name}",
    "Missing command.": "Il manque une commande.",
    "No such option {name!r}.": "L’option « {name} » n’existe pas.",
    "No such command {name!r}.": "La commande « {name} » n’existe pas.",
    "Could not open file {filename!r}: {message}": "Le fichier « {filename} » ne s’ouvre pas : {message}",
    "Choose from:\n\t{choices}": "Au choix :\n\t{choices}",
    "{value!r} is not a valid {number_type}.": "« {value} » n’est pas un nombre entier.",
    "{value} is not in the range {range}.": "{value} n’est pas dans l’intervalle {range}.",
    "file": "Le fichier",
    "directory": "Le dossier",
    "path": "Le chemin",
    "{name} {filename!r} does not exist.": "{name} « {filename} » n’existe pas.",
    "{name} {filename!r} is a file.": "{name} « {filename} » est un fichier.",
    "{name} {filename!r} is a directory.": "{name} « {filename} » est un dossier.",
    "{name} {filename!r} is not readable.": "{name} « {filename} » ne peut pas être lu.",
    "Option {name!r} does not take a value.": "L’option « {name} » ne prend pas de valeur.",
    "default: {default}": "par défaut : {default}",
}
_PLURIELS: dict[str, str] = {
    "{value!r} is not {choice}.": "« {value} » n’est pas {choice}.",
    "{value!r} is not one of {choices}.": "« {value} » n’est pas possible. Au choix : {choices}.",
    "Got unexpected extra argument ({args})": "Argument de trop : {args}",
    "Got unexpected extra arguments ({args})": "Arguments de trop : {args}",
    "Option {name!r} requires an argument.": "L’option « {name} » attend une valeur.",
    "Did you mean {possibility}?": "Vouliez-vous dire {possibility} ?",
    "(Did you mean one of: {possibilities}?)": "(Vouliez-vous dire : {possibilities} ?)",
}


def installer() -> None:
    """Once, before the first command runs."""
    for module in (core, decorators, exceptions, formatting, parser, types):
        paroles: tuple[tuple[str, Callable[..., str]], ...] = (("_", _dire), ("ngettext", _compter))
        for nom, dire in paroles:
            if hasattr(module, nom):
                setattr(module, nom, dire)


def _dire(phrase: str) -> str:
    return PHRASES.get(phrase, phrase)


def _compter(singulier: str, pluriel: str, nombre: int) -> str:
    phrase = singulier if nombre == 1 else pluriel
    return _PLURIELS.get(phrase, phrase)
