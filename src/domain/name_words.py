"""The words by which what the card network adds to a merchant's name is told from the name."""


def listed(words: str) -> frozenset[str]:
    """The words of a text, whose order says nothing."""
    return frozenset(words.split())


STATES = listed(
    """
    AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM
    NY NC ND OH OK OR PA PR RI SC SD TN TX UT VT VA WA WV WI WY
    """
)
PROVINCES = listed("AB BC MB NB NL NS NT NU ON PE QC SK YT")
COUNTRIES = listed("AUS BRA CAN CHE DEU ESP FRA GBR IND IRL ITA JPN MEX NLD USA")
# Those who take the payment for the merchant and put their mark before its name and an asterisk.
PROCESSORS = listed(
    """
    2CO ABC ACT BB BT CKE CLOVER CLP CLV CPI CTLP DD DNH EB FLYWIRE FS FSP GOOGLE GOSQ GUMROAD
    IC IN IZ LS NIC NYA PADDLE PADDLE.NET PAR PAYPAL PP PY SP SPO SQ SQU STRIPE SUMUP TOAST TST
    USA WL WPY ZETTLE
    """
)
# What Google itself sells; anything else after its mark is a shop of somebody else.
GOOGLE = listed(
    """
    ADS CHROME CLOUD DOMAINS FI FIBER GOOGLE GSUITE MAPS NEST ONE PAY PLAY SERVICES STORAGE STORE
    SVCS TV VOICE WORKSPACE
    """
)
# A number after one of these is its own: that of a road, a school, a lodge.
BEFORE_ITS_NUMBER = listed(
    """
    AREA CHANNEL CHAPTER CIRCA DISTRICT EST EXIT FORMULA HIGHWAY HWY INTERSTATE LOCAL LODGE POST PS
    ROUTE RT SINCE TROOP
    """
)
# A name such as "Bar 145" is the number's, while "Hard Rock Cafe 145" is a store's.
MEANS_LITTLE_ALONE = listed(
    """
    BAR BISTRO CAFE CANTINA CLUB COAST DINER EATERY GALLERY GRILL HOTEL HOUSE KITCHEN LOFT LOUNGE
    MARKET PARK PIZZA PIZZERIA PLAZA PUB RESTAURANT SALON SHOP STUDIO SUITE TAVERN THE TOWER VAULT
    VIN VINO
    """
)
NUMBERS_WITH_A_MEANING = frozenset(["360", "365"])
# These go with the number that follows them.
LABELS = listed(
    "ID INV INVOICE KIOSK LOC NO NUM ORD ORDER PO POS PUMP REF REG STORE STR TERM TID UNIT"
)
# After one of these the word store is part of the name, as in "The UPS Store".
BEFORE_STORE = listed(
    """
    APPLE BIKE BOOK CAMPUS CANDY COMPANY CONTAINER CONVENIENCE COUNTRY DEPARTMENT DISNEY DOLLAR DRUG
    FACTORY FARM FOOD FURNITURE GENERAL GIFT GROCERY HARDWARE HEALTH LEGO LIQUOR MATTRESS MUSEUM
    MUSIC OUTLET PACKAGE PAINT PARTY PET SHOE SURPLUS THE THRIFT TOY UPS VITAMIN WINE
    """
)
# After an asterisk these tell what was ordered, not from whom.
ORDER_WORDS = listed(
    """
    AUTOPAY BILL BILLING BOOKING INV INVOICE ORDER ORDERS PAYMENT PAYMENTS PENDING PMT PURCHASE
    RECURRING RENEWAL RESERVATION RIDE RIDES SUBS SUBSCR SUBSCRIPTI SUBSCRIPTION TICKET TICKETS TIP
    TRIP TRIPS
    """
)
# What follows one of these belongs to the name: "City of Portland", "House of 1000 Beers".
JOINING = listed("& AND AT BY DE IN OF ON THE VISIT")
