"""Business Central's refusals: for each a status, a code, and its words in two languages.

Clients must decide by code (contract 3.1); the words differ by language so that tests can prove it.
"""

from dataclasses import dataclass
from typing import Final

_DIALOG = "Application_DialogException"
_FIELD = "Application_FieldValidationException"
_RELATION = "Internal_InvalidTableRelation"


@dataclass(frozen=True, slots=True)
class Message:
    """What a refusal is made of; the words have `str.format` places."""

    status: int
    code: str
    english: str
    german: str


def _same(status: int, code: str, words: str) -> Message:
    """A message of the platform, which is not translated."""
    return Message(status, code, words, words)


def _must_match(name: str, what: str, was: str) -> Message:
    return Message(
        400,
        _DIALOG,
        f'The "{name}" does not match to a{"n" if what[0] in "AEIOU" else ""} {what}.',
        f'"{name}" entspricht keinem Eintrag in {was}.',
    )


_PLATFORM: Final = {
    "credentials": _same(
        401,
        "Authentication_InvalidCredentials",
        "The server has rejected the client credentials.",
    ),
    "bad_request": _same(400, "BadRequest", "{detail}"),
    "bad_property": _same(
        400, "BadRequest", "The property '{name}' does not exist on type 'Microsoft.NAV.{type}'."
    ),
    "bad_url": _same(404, "BadRequest_NotFound", "Bad Request - Error in query syntax."),
    "no_segment": _same(
        404, "BadRequest_ResourceNotFound", "Resource not found for the segment '{segment}'."
    ),
    "no_method": _same(
        405, "BadRequest_MethodNotAllowed", "'{method}' requests for '{name}' are not allowed."
    ),
    "not_implemented": _same(501, "BadRequest_MethodNotImplemented", "{detail}"),
    "or_on_distinct_fields": _same(
        501,
        "BadRequest_MethodNotImplemented",
        "The 'OR' operator is not supported on distinct fields on an OData filter.",
    ),
    "bad_token": _same(
        400,
        "BadRequest_InvalidToken",
        "Could not validate the client concurrency token required by the service. "
        "Please try again and supply a valid token.",
    ),
    "changed": Message(
        409,
        "Request_EntityChanged",
        "Another user has already changed the record.",
        "Ein anderer Benutzer hat den Datensatz bereits geändert.",
    ),
    "read_only": Message(
        400,
        "BadRequest_InvalidOperation",
        "Control '{name}' is read-only.",
        "Das Steuerelement '{name}' ist schreibgeschützt.",
    ),
    "read_only_intent": _same(
        400,
        "BadRequest_InvalidOperation",
        "A request with read-only access intent cannot modify data.",
    ),
    "stale_page": _same(400, "SkipTokenIsNoLongerValid", "The skip token is no longer valid."),
    "page_too_long": _same(413, "BadRequest", "The page size must not exceed 20000 rows."),
    "body_too_long": _same(413, "BadRequest", "The request body is too long."),
    "content_type": _same(
        415, "BadRequest", "The content type '{content_type}' is not supported here."
    ),
    "no_company": Message(
        404,
        "Internal_CompanyNotFound",
        'The company "{company}" does not exist.',
        'Der Mandant "{company}" ist nicht vorhanden.',
    ),
    "not_found": Message(
        404,
        "Internal_RecordNotFound",
        "The {table} does not exist. Identification fields and values: SystemId='{id}'",
        "{table} ist nicht vorhanden. Identifizierte Felder und Werte: SystemId='{id}'",
    ),
    "same_key": Message(
        400,
        "Internal_EntityWithSameKeyExists",
        "The record in table {table} already exists. Identification fields and values: {key}",
        "Der Datensatz in Tabelle {table} ist bereits vorhanden. Identifizierte Felder und "
        "Werte: {key}",
    ),
    "denied": Message(
        403,
        "Authorization_InsufficientPermissions",
        "Sorry, the current permissions prevented the action. (TableData {action})",
        "Die aktuellen Berechtigungen haben die Aktion verhindert. (TableData {action})",
    ),
    "too_long": Message(
        400,
        "Application_StringExceededLength",
        "The length of the string is {length}, but it must be less than or equal to {most} "
        "characters. Value: {value}",
        "Die Länge der Zeichenfolge ist {length}, darf aber höchstens {most} Zeichen sein. "
        "Wert: {value}",
    ),
    "filter_error": Message(
        400,
        "Application_FilterErrorException",
        'The filter "{value}" is not valid for the {name} field. The length of the string is '
        "{length}, but it must be less than or equal to {most} characters.",
        'Der Filter "{value}" ist für das Feld {name} ungültig. Die Länge der Zeichenfolge ist '
        "{length}, darf aber höchstens {most} Zeichen sein.",
    ),
    "no_option": Message(
        400,
        "Unknown",
        "'{value}' is not an option. The existing options are: {options}",
        "'{value}' ist keine Option. Die vorhandenen Optionen sind: {options}",
    ),
    "no_guid": _same(400, "Application_InvalidGUID", "The format of the GUID {value} is invalid."),
    "too_many_operations": _same(
        500,
        "Unknown",
        "The batch request contains {count} operations, more than the maximum of {most}.",
    ),
    "no_answer": _same(504, "Internal_ServerError", "The gateway did not receive a response."),
    "queue_timeout": _same(
        503, "Internal_ServerError", "The request waited in the queue for too long."
    ),
    "rolled_back": _same(500, "Internal_ServerError", "The operation was cancelled."),
}

_JOURNALS: Final = {
    "balancing_account": _must_match("balancingAccountNumber", "G/L Account", "Sachkonto"),
    "balancing_id": _must_match("balancingAccountId", "Account", "Konto"),
    "account_id": _must_match("accountId", "Account", "Konto"),
    "accounts_differ": Message(
        400,
        _DIALOG,
        "The account values do not match to a specific Account.",
        "Die Kontowerte gehören nicht zu demselben Konto.",
    ),
    "no_relation": Message(
        400,
        _RELATION,
        "The field {field} of table {table} contains a value ({value}) that cannot be found in "
        "the related table ({related}).",
        "Das Feld {field} der Tabelle {table} enthält einen Wert ({value}), der in der "
        "verknüpften Tabelle ({related}) nicht vorhanden ist.",
    ),
    "must_be": Message(
        400,
        _FIELD,
        "{field} must be equal to '{wanted}' in {record}. Current value is '{value}'.",
        "{field} muss in {record} gleich '{wanted}' sein. Der aktuelle Wert ist '{value}'.",
    ),
    "must_have_value": Message(
        400,
        "Application_FieldValidationException",
        "{field} must have a value in {record}. It cannot be zero or empty.",
        "{field} muss in {record} einen Wert haben. Der Wert darf nicht null oder leer sein.",
    ),
    "one_side": Message(
        400,
        _DIALOG,
        "Account Type or Bal. Account Type must be a G/L Account or Bank Account.",
        "Kontoart oder Gegenkontoart muss ein Sach- oder Bankkonto sein.",
    ),
    "vendor_blocked": Message(
        400,
        _DIALOG,
        "You cannot create this type of document when Vendor {number} is blocked with type "
        "{blocked}",
        "Sie können diese Belegart nicht erstellen, solange Kreditor {number} mit Art {blocked} "
        "gesperrt ist",
    ),
    "vendor_privacy": Message(
        400,
        _DIALOG,
        "You cannot create this type of document when Vendor {number} is blocked for privacy.",
        "Sie können diese Belegart nicht erstellen: Kreditor {number} ist wegen Datenschutz "
        "gesperrt.",
    ),
    "journal_filter": Message(
        400,
        _DIALOG,
        "You must specify a journal batch ID or a journal ID to get a journal line.",
        "Sie müssen eine Buch.-Blatt-ID angeben, um eine Buch.-Blattzeile abzurufen.",
    ),
    "journal_fixed": Message(
        400,
        _DIALOG,
        "The Journal Batch Id isn't editable.",
        "Die Buch.-Blatt-ID kann nicht bearbeitet werden.",
    ),
    "journal_name_fixed": Message(
        400,
        _DIALOG,
        "The Journal Batch Display Name isn't editable.",
        "Der Buch.-Blatt-Anzeigename kann nicht bearbeitet werden.",
    ),
    "approval": Message(
        400,
        _DIALOG,
        "There is an active approval request for the journal batch {batch}. You cannot change it.",
        "Für das Buch.-Blatt {batch} gibt es eine aktive Genehmigungsanforderung.",
    ),
    "scheduled": Message(
        400,
        _DIALOG,
        "You cannot modify or delete line {number}, it is scheduled for posting.",
        "Zeile {number} ist zum Buchen eingeplant und kann nicht geändert oder gelöscht werden.",
    ),
}

_ATTACHED: Final = {
    "dimension_parent_get": Message(
        400,
        _DIALOG,
        "You must get to the parent first to get to the dimension set line.",
        "Rufen Sie zuerst das übergeordnete Element der Dimensionssatzzeile auf.",
    ),
    "dimension_parent_create": Message(
        400,
        _DIALOG,
        "You must get to the parent first to create a dimension set line.",
        "Rufen Sie zuerst das übergeordnete Element auf, um eine Dimensionssatzzeile anzulegen.",
    ),
    "dimension_exists": Message(
        400,
        _DIALOG,
        "The dimension set line already exists. Check existing dimension set lines and the "
        "default dimension set lines on the parent.",
        "Die Dimensionssatzzeile ist bereits vorhanden.",
    ),
    "dimension_named": Message(
        400,
        _DIALOG,
        'The "id" or "code" field must be filled in.',
        'Das Feld "id" oder "code" muss ausgefüllt sein.',
    ),
    "dimension_valued": Message(
        400,
        _DIALOG,
        'The "valueId" or "valueCode" field must be filled in.',
        'Das Feld "valueId" oder "valueCode" muss ausgefüllt sein.',
    ),
    "dimension_code": _must_match("code", "Dimension", "Dimension"),
    "dimension_id": _must_match("id", "Dimension", "Dimension"),
    "dimension_value_code": _must_match("valueCode", "Dimension Value", "Dimensionswert"),
    "dimension_value_id": _must_match("valueId", "Dimension Value", "Dimensionswert"),
    "dimension_fixed": Message(
        400,
        _DIALOG,
        'The "id" and "code" fields cannot be modified.',
        'Die Felder "id" und "code" können nicht geändert werden.',
    ),
    "dimension_posted": Message(
        400,
        _DIALOG,
        "The dimension set lines of a ledger entry cannot be changed.",
        "Die Dimensionssatzzeilen eines Postens können nicht geändert werden.",
    ),
    "attachment_type": Message(
        400,
        _DIALOG,
        "Parent type {type} is not supported. Use documentAttachments API instead.",
        "Die Art {type} wird nicht unterstützt. Verwenden Sie documentAttachments.",
    ),
    "attachment_parent": Message(
        400, _DIALOG, "Document type is not valid.", "Die Belegart ist nicht gültig."
    ),
    "attachment_filter": Message(
        400,
        _DIALOG,
        "You must specify a parent ID and a parent type to get attachments.",
        "Geben Sie parentId und parentType an, um Anlagen abzurufen.",
    ),
    "key_fixed": Message(
        400,
        _DIALOG,
        "You cannot change the value of the key field {name}.",
        "Der Wert des Schlüsselfelds {name} kann nicht geändert werden.",
    ),
    "document_type": Message(
        400,
        _DIALOG,
        "The selected Document type {type} is not supported.",
        "Die ausgewählte Belegart {type} wird nicht unterstützt.",
    ),
}

_CARDS: Final = {
    "manual_number": Message(
        400,
        _DIALOG,
        "You may not enter numbers manually. If you want to enter numbers manually, please "
        "activate Manual Nos. in No. Series {series}.",
        "Nummern können nicht manuell vergeben werden. Aktivieren Sie Manuelle Nummern in der "
        "Nummernserie {series}.",
    ),
    "currency": _must_match("currencyCode", "Currency", "Währung"),
    "has_entries": Message(
        400,
        _DIALOG,
        "You cannot delete {record} because it has ledger entries.",
        "Sie können {record} nicht löschen, weil Posten vorhanden sind.",
    ),
}

_POSTING: Final = {
    "nothing_to_post": Message(
        400, _DIALOG, "There is nothing to post.", "Es gibt nichts zu buchen."
    ),
    "outside_range": Message(
        400,
        _DIALOG,
        "Posting Date is not within your range of allowed posting dates in Gen. Journal Line "
        "{record}.",
        "Buchungsdatum liegt nicht im zugelassenen Buchungszeitraum in Buch.-Blattzeile {record}.",
    ),
    "out_of_balance": Message(
        400,
        _DIALOG,
        "Document No. {number} is out of balance by {amount}. Please check that Posting Date, "
        "Document Type, Document No. and Amount are correct for each line.",
        "Belegnr. {number} ist nicht ausgeglichen, Differenz {amount}.",
    ),
    "currency_balance": Message(
        400,
        _DIALOG,
        "Document No. {number} is out of balance by {amount} in currency {currency}.",
        "Belegnr. {number} ist in Währung {currency} nicht ausgeglichen, Differenz {amount}.",
    ),
    "dimension_blocked": Message(
        400,
        _DIALOG,
        "Dimension {dimension} or its value {value} is blocked or cannot be posted to, in line "
        "{record}.",
        "Dimension {dimension} oder ihr Wert {value} ist gesperrt, in Zeile {record}.",
    ),
    "dimension_missing": Message(
        400,
        _DIALOG,
        "Select a Dimension Value Code for the Dimension Code {dimension} for {account}.",
        "Wählen Sie einen Dimensionswert für die Dimension {dimension} für {account}.",
    ),
    "dimension_wrong": Message(
        400,
        _DIALOG,
        "The Dimension {dimension} does not have the value that {account} demands.",
        "Die Dimension {dimension} hat nicht den Wert, den {account} verlangt.",
    ),
    "dimension_combination": Message(
        400,
        _DIALOG,
        "Dimensions {first} and {second} can't be used concurrently.",
        "Die Dimensionen {first} und {second} können nicht gleichzeitig verwendet werden.",
    ),
    "vat_set_up": Message(
        400,
        _DIALOG,
        "The VAT Posting Setup does not exist. Identification fields and values: VAT Bus. Posting "
        "Group='{business}',VAT Prod. Posting Group='{product}'",
        "Die MwSt.-Buchungsmatrix Einrichtung ist nicht vorhanden: '{business}','{product}'",
    ),
    "vat_type": Message(
        400,
        _DIALOG,
        "Posting to Account {number} must either be of type Purchase or Sale (see Gen. Posting "
        "Type), because there are specified values in one of the groups.",
        "Die Buchung auf Konto {number} muss von der Art Einkauf oder Verkauf sein.",
    ),
}

MESSAGES: Final[dict[str, Message]] = _PLATFORM | _JOURNALS | _ATTACHED | _CARDS | _POSTING
