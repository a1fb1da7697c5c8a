"""`$metadata`: the entity sets as an OData schema document (contract 1.1)."""

from collections.abc import Iterable, Mapping
from typing import Final
from xml.sax.saxutils import quoteattr

from sandbox.business_central.entity import EntitySet
from sandbox.business_central.properties import Kind, Property

_TYPES: Final[Mapping[Kind, str]] = {
    Kind.GUID: "Edm.Guid",
    Kind.CODE: "Edm.String",
    Kind.TEXT: "Edm.String",
    Kind.INT: "Edm.Int32",
    Kind.DECIMAL: "Edm.Decimal",
    Kind.DATE: "Edm.Date",
    Kind.INSTANT: "Edm.DateTimeOffset",
    Kind.BOOL: "Edm.Boolean",
    Kind.ENUM: "Edm.String",
    Kind.STREAM: "Edm.Stream",
}


def schema(sets: Iterable[EntitySet]) -> bytes:
    """The document; enums are shown as texts."""
    known = list(sets)
    types = "".join(_entity_type(entity_set) for entity_set in known)
    names = "".join(
        f'<EntitySet Name={quoteattr(one.name)} EntityType="Microsoft.NAV.{one.type}"/>'
        for one in known
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
        '<edmx:DataServices><Schema Namespace="Microsoft.NAV" '
        f'xmlns="http://docs.oasis-open.org/odata/ns/edm">{types}'
        f'<EntityContainer Name="NAV">{names}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    ).encode()


def _entity_type(entity_set: EntitySet) -> str:
    properties = "".join(_property(prop) for prop in entity_set.properties.values())
    children = "".join(
        f"<NavigationProperty Name={quoteattr(name)} "
        f'Type="Collection(Microsoft.NAV.{child.type})"/>'
        for name, child in entity_set.children.items()
    )
    key = '<Key><PropertyRef Name="id"/></Key>'
    return f"<EntityType Name={quoteattr(entity_set.type)}>{key}{properties}{children}</EntityType>"


def _property(prop: Property) -> str:
    length = f' MaxLength="{prop.length}"' if prop.length else ""
    return f'<Property Name={quoteattr(prop.name)} Type="{_TYPES[prop.kind]}"{length}/>'
