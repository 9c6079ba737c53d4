"""The small registers that a board's report rests on: limits, mandates, incidents and the like. Pure; it must not write."""

from approvals.board.registers import REGISTERS, BoardRegister
from approvals.board.shapes import FieldOf, Item, fields_of, parts_of

__all__ = ["REGISTERS", "BoardRegister", "FieldOf", "Item", "fields_of", "parts_of"]
