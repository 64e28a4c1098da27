// Every text of the page in each of its languages; a "{}" is where a value goes.
//
// Who adds a language adds its code to LANGUAGES, and a text to each list in the same place.

export const LANGUAGES = ["en", "nl", "fr", "de"];

export const TEXTS = {
  // Power now
  now: ["Power now", "Vermogen nu", "Puissance actuelle", "Leistung jetzt"],
  import_now: [
    "Import from the grid",
    "Afname van het net",
    "Prélèvement sur le réseau",
    "Bezug aus dem Netz",
  ],
  export_now: [
    "Export to the grid",
    "Injectie in het net",
    "Injection dans le réseau",
    "Einspeisung ins Netz",
  ],
  minutes: [
    "The last five minutes",
    "De laatste vijf minuten",
    "Les cinq dernières minutes",
    "Die letzten fünf Minuten",
  ],

  // How old the values are
  old: [
    "These values are {} old",
    "Deze waarden zijn {} oud",
    "Ces valeurs datent d’il y a {}",
    "Diese Werte sind {} alt",
  ],
  no_values: [
    "There are no values yet",
    "Er zijn nog geen waarden",
    "Il n’y a pas encore de valeurs",
    "Es gibt noch keine Werte",
  ],
  lost: [
    "The reader does not answer; it is asked again and again.",
    "De uitlezer antwoordt niet; het wordt steeds weer geprobeerd.",
    "Le lecteur ne répond pas ; nouvel essai en cours.",
    "Das Lesegerät antwortet nicht; es wird weiter versucht.",
  ],

  // Phases
  phases: ["Phases", "Fasen", "Phases", "Phasen"],
  phase: ["Phase", "Fase", "Phase", "Phase"],
  power: ["Power", "Vermogen", "Puissance", "Leistung"],
  voltage: ["Voltage", "Spanning", "Tension", "Spannung"],
  current: ["Current", "Stroom", "Courant", "Strom"],

  // The quarter-hour of the capacity tariff
  quarter: ["This quarter-hour", "Dit kwartier", "Ce quart d’heure", "Diese Viertelstunde"],
  peak_below: ["Stays below {}", "Blijft onder {}", "Reste sous {}", "Bleibt unter {}"],
  peak_new: [
    "Heading for a new peak above {}",
    "Op weg naar een nieuwe piek boven {}",
    "Vers une nouvelle pointe au-delà de {}",
    "Wird eine neue Spitze über {}",
  ],
  quarter_left: ["Time left", "Resterende tijd", "Temps restant", "Restzeit"],
  quarter_used: ["Average so far", "Gemiddelde tot nu", "Moyenne jusqu’ici", "Mittelwert bisher"],
  quarter_end: ["Will end at", "Eindigt op", "Se terminera à", "Endet bei"],
  quarter_headroom: [
    "May still be used",
    "Nog te verbruiken",
    "Encore disponible",
    "Noch verfügbar",
  ],
  peak: ["Peak of this month", "Piek van deze maand", "Pointe de ce mois", "Spitze dieses Monats"],
  months: [
    "Peaks of the last months",
    "Pieken van de laatste maanden",
    "Pointes des derniers mois",
    "Spitzen der letzten Monate",
  ],
  average: [
    "Average that is billed: {}",
    "Aangerekend gemiddelde: {}",
    "Moyenne facturée : {}",
    "Berechneter Mittelwert: {}",
  ],
  no_peaks: [
    "The meter sends no peaks. The permission for them lapses every year: renew it at your grid operator (Fluvius: “poortbeheer”).",
    "De meter stuurt geen pieken. De toestemming daarvoor vervalt elk jaar: vernieuw ze bij uw netbeheerder (Fluvius: “poortbeheer”).",
    "Le compteur n’envoie pas de pointes. L’autorisation expire chaque année : renouvelez-la auprès de votre gestionnaire de réseau (Fluvius : « poortbeheer »).",
    "Der Zähler sendet keine Spitzen. Die Erlaubnis dafür läuft jedes Jahr ab: Erneuern Sie sie beim Netzbetreiber (Fluvius: „poortbeheer“).",
  ],

  // Registers and amounts
  import: ["Import", "Afname", "Prélèvement", "Bezug"],
  export: ["Export", "Injectie", "Injection", "Einspeisung"],
  tariff: ["tariff {}", "tarief {}", "tarif {}", "Tarif {}"],
  electricity: ["Electricity", "Elektriciteit", "Électricité", "Strom"],
  gas: ["Gas", "Gas", "Gaz", "Gas"],
  water: ["Water", "Water", "Eau", "Wasser"],
  heat: ["Heat", "Warmte", "Chaleur", "Wärme"],
  registers: ["Meter readings", "Meterstanden", "Index", "Zählerstände"],

  // History
  today: ["Today", "Vandaag", "Aujourd’hui", "Heute"],
  yesterday: [
    "Yesterday by now",
    "Gisteren om deze tijd",
    "Hier à cette heure",
    "Gestern um diese Zeit",
  ],
  days: [
    "The last 31 days",
    "De laatste 31 dagen",
    "Les 31 derniers jours",
    "Die letzten 31 Tage",
  ],
  day: [
    "A day by quarter-hours",
    "Een dag per kwartier",
    "Un jour par quart d’heure",
    "Ein Tag nach Viertelstunden",
  ],
  before: ["Previous day", "Vorige dag", "Jour précédent", "Voriger Tag"],
  after: ["Next day", "Volgende dag", "Jour suivant", "Nächster Tag"],
  gap: ["course not known", "verloop niet bekend", "évolution inconnue", "Verlauf unbekannt"],
  no_history: [
    "There is no history yet.",
    "Er is nog geen geschiedenis.",
    "Il n’y a pas encore d’historique.",
    "Es gibt noch keinen Verlauf.",
  ],

  // Meter and reader
  meter: ["Meter", "Meter", "Compteur", "Zähler"],
  model: ["Identification", "Identificatie", "Identification", "Kennung"],
  serial: ["Serial number", "Serienummer", "Numéro de série", "Seriennummer"],
  version: ["Version", "Versie", "Version", "Version"],
  clock: ["Clock", "Klok", "Horloge", "Uhr"],
  tariff_now: ["Tariff now", "Tarief nu", "Tarif actuel", "Tarif jetzt"],
  gas_meter: ["Gas meter", "Gasmeter", "Compteur de gaz", "Gaszähler"],
  failures: ["Power failures", "Stroomonderbrekingen", "Coupures de courant", "Stromausfälle"],
  message: ["Message", "Bericht", "Message", "Nachricht"],
  reader: ["Reader", "Uitlezer", "Lecteur", "Lesegerät"],
  board: ["Board", "Bord", "Carte", "Platine"],
  uptime: ["Running for", "Draait al", "En marche depuis", "Läuft seit"],
  signal: ["WiFi signal", "Wifi-signaal", "Signal Wi-Fi", "WLAN-Signal"],
  telegrams: ["Telegrams", "Telegrammen", "Télégrammes", "Telegramme"],
  rejected: ["Rejected", "Geweigerd", "Rejetés", "Verworfen"],
  problems: ["Lines not used", "Ongebruikte regels", "Lignes inutilisées", "Ungenutzte Zeilen"],
  errors: ["Errors", "Fouten", "Erreurs", "Fehler"],
  settings: ["Wrong settings", "Foute instellingen", "Réglages erronés", "Falsche Einstellungen"],
  none: ["none", "geen", "aucun", "keine"],
  machines: ["For machines", "Voor machines", "Pour les machines", "Für Maschinen"],
};
