"""User tasks: what people do with the work that waits for them."""

from engine.tasks.batches import Result, claim_many, complete_many, hand_over
from engine.tasks.changes import UNSET, update
from engine.tasks.completion import complete
from engine.tasks.copying import copy
from engine.tasks.delegation import answer, decline, delegate, recall
from engine.tasks.drafts import MAX_DRAFT, draft_of, drop_draft, save_draft
from engine.tasks.family import AFTER, BEFORE, BESIDE, signers_of
from engine.tasks.possession import assign, claim, transfer, unclaim
from engine.tasks.progress import Completion, close
from engine.tasks.rights import (
    barred,
    candidates,
    excluded,
    holds,
    is_candidate,
    may_answer,
    may_assign,
    may_claim,
    may_complete,
    may_work,
    principal_for,
    require_distinct,
)
from engine.tasks.rows import get, lock, visible_to, who_has
from engine.tasks.signers import add_signers, release_all, remove_signer, take_back
from engine.tasks.urging import UrgedAlready, may_urge, urge

__all__ = [
    "AFTER",
    "BEFORE",
    "BESIDE",
    "MAX_DRAFT",
    "UNSET",
    "Completion",
    "Result",
    "UrgedAlready",
    "add_signers",
    "answer",
    "assign",
    "barred",
    "candidates",
    "claim",
    "claim_many",
    "close",
    "complete",
    "complete_many",
    "copy",
    "decline",
    "delegate",
    "draft_of",
    "drop_draft",
    "excluded",
    "get",
    "hand_over",
    "holds",
    "is_candidate",
    "lock",
    "may_answer",
    "may_assign",
    "may_claim",
    "may_complete",
    "may_urge",
    "may_work",
    "principal_for",
    "recall",
    "release_all",
    "remove_signer",
    "require_distinct",
    "save_draft",
    "signers_of",
    "take_back",
    "transfer",
    "unclaim",
    "update",
    "urge",
    "visible_to",
    "who_has",
]
