"""What an agent may do: roles × actions (domain.md §1), everywhere or in one structure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    LECTURE = "lecture"
    INSTRUCTION = "instruction"
    REGIE = "regie"
    PUBLICATION = "publication"
    ADMINISTRATION = "administration"


class Action(StrEnum):
    LIRE = "lire"
    """See families' files and their démarches; each reading is in the journal."""
    INSTRUIRE = "instruire"
    """Decide on démarches, correct a family's file, create a foyer, send links again."""
    FACTURER = "facturer"
    PUBLIER = "publier"
    ADMINISTRER = "administrer"
    """Roles of agents, settings, purges."""


_ACTIONS: dict[Role, frozenset[Action]] = {
    Role.LECTURE: frozenset({Action.LIRE}),
    Role.INSTRUCTION: frozenset({Action.LIRE, Action.INSTRUIRE}),
    Role.REGIE: frozenset({Action.LIRE, Action.FACTURER}),
    Role.PUBLICATION: frozenset({Action.PUBLIER}),
    Role.ADMINISTRATION: frozenset({Action.LIRE, Action.ADMINISTRER}),
}


@dataclass(frozen=True, slots=True)
class Attribution:
    """A role held everywhere, or in one structure."""

    role: Role
    structure_id: int | None = None


def peut(attributions: Iterable[Attribution], action: Action, structure_id: int | None = None) -> bool:
    """Whether one of these roles allows the action; without `structure_id`, in one structure at least."""
    return any(
        action in _ACTIONS[a.role]
        and (a.structure_id is None or structure_id is None or a.structure_id == structure_id)
        for a in attributions
    )


def structures(attributions: Iterable[Attribution], action: Action) -> frozenset[int] | None:
    """Where the action is allowed; None: everywhere."""
    permises = [a.structure_id for a in attributions if action in _ACTIONS[a.role]]
    return None if None in permises else frozenset(s for s in permises if s is not None)
