// The sentences of the work list's filters, of silence and of what runs in a row; added to the page's words.

import { addWords } from "./words.js";

addWords({
  fSearch: ["Chercher un nom ou un identifiant", "Search a name or an id"], fSearchShort: ["Nom, identifiant", "Name, id"],
  fSite: ["Site", "Site"], fAllSites: ["Tous les sites", "All sites"], fProtocol: ["Protocole", "Protocol"], fAllProtocols: ["Tous les protocoles", "All protocols"],
  fPhase: ["Phase", "Phase"], fAllPhases: ["Toutes les phases", "All phases"], fAplasia: ["Aplasie en cours", "Aplasia window open"],
  fKind: ["Alertes", "Alerts"], fAllKinds: ["Toutes les alertes", "All alerts"], k_unattended: ["À prendre en charge", "Unattended"], k_silence: ["Silence", "Silence"], k_technical: ["Techniques", "Technical"], k_adherence: ["Observance", "Adherence"],
  fMine: ["Les miennes", "Mine"], fMineHelp: ["Confiées à moi, prises en charge par moi, ou d'un patient dont je suis responsable", "Assigned to me, acknowledged by me, or of a patient I am responsible for"],
  fOf: ["{0} sur {1} patients", "{0} of {1} patients"], fHidden: ["{0} masqués par les filtres", "{0} hidden by filters"], fHiddenOne: ["{0} masqué par les filtres", "{0} hidden by filters"],
  fClear: ["Effacer les filtres", "Clear filters"], fShowAll: ["Tout montrer", "Show all"], fMore: ["Filtres", "Filters"], fMoreOn: ["Filtres ({0})", "Filters ({0})"],
  fOutside: ["{0} alerte élevée est hors de ce filtre", "{0} high alert is outside this filter"],
  fOutsideMany: ["{0} alertes élevées sont hors de ce filtre", "{0} high alerts are outside this filter"],
  fEmpty: ["Aucun patient ne correspond à ces filtres.", "No patient matches these filters."],
  silence: ["Silence", "Silence"], cSilence: ["silences : rien n'arrive", "silent: nothing arrives"], sSilence: ["silence", "silent"],
  inWindow: ["Aplasie", "Aplasia"], inWindowSince: ["Fenêtre d'aplasie ouverte depuis {0}", "Aplasia window open since {0}"], inWindowNow: ["Fenêtre d'aplasie ouverte", "Aplasia window open"],
  clockRuns: ["{0} depuis le signal, sans antibiotique", "{0} since the signal, no antibiotic"], held: ["{0} s'en occupe", "{0} has it"],
});
