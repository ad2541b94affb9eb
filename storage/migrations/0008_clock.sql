-- The aplasia clock: first signal, received, opened, delivered, seen, acted, antibiotic, each a row with its time.
--
-- Only what nothing else records is written here: that a console put the alert in front of somebody (delivered), and that
-- a person opened it (seen). Signal, received, opened and acted are exact in alert_event (append-only), antibiotic in
-- given: the view alert_clock reads them there, so no second copy can differ, and an antibiotic entered days later counts.
CREATE TABLE alert_mark (
    alert       text NOT NULL REFERENCES alert,
    mark        text NOT NULL CHECK (mark IN ('delivered', 'seen')),
    who         text NOT NULL,
    at          timestamptz NOT NULL,
    source      text NOT NULL CHECK (source IN ('console', 'panel')),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (alert, mark, who)
);
CREATE TRIGGER alert_mark_append_only BEFORE UPDATE OR DELETE ON alert_mark
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Which consoles were attended in which ten minutes (their page visible and answering), for the alert budget. Presence
-- itself says only what is so now; this is its history, one row a console, site and ten minutes.
CREATE TABLE console_attended (
    site     text NOT NULL REFERENCES site,
    ten_from timestamptz NOT NULL,
    session  bytea NOT NULL,
    PRIMARY KEY (site, ten_from, session)
);

CREATE INDEX alert_event_opened ON alert_event (at) WHERE kind = 'opened';
CREATE INDEX given_antibiotic ON given (patient, given_at) WHERE kind = 'antibiotic';

-- One row a mark. `opening` is the event that opened the alert; evidence that came later does not move its signal.
CREATE VIEW alert_clock AS
WITH opening AS (
    SELECT first.* FROM alert_event AS first
    WHERE first.kind = 'opened' AND NOT EXISTS (
        SELECT FROM alert_event AS earlier
        WHERE earlier.alert = first.alert AND earlier.kind = 'opened' AND earlier.id < first.id)
)
SELECT opening.alert, opening.patient, opening.site, opening.rule, opening.at AS opened_at, mark.mark, mark.at, mark.who,
       mark.source
FROM opening
CROSS JOIN LATERAL (
    SELECT coalesce(timestamptz 'epoch' + min((item ->> 'measured_at')::bigint) * interval '1 microsecond',
                    opening.condition_at,
                    timestamptz 'epoch' + (opening.body -> 'alert' ->> 'condition_at')::bigint * interval '1 microsecond')
               AS signal_at,
           timestamptz 'epoch' + min((item ->> 'received_at')::bigint) * interval '1 microsecond' AS received_at,
           min(item ->> 'by') AS sent_by
    FROM (SELECT item FROM jsonb_array_elements(opening.body -> 'alert' -> 'evidence') AS item
          ORDER BY (item ->> 'measured_at')::bigint LIMIT 1) AS earliest
) AS signal
LEFT JOIN LATERAL (  -- an answer of a person leaves no reading as evidence: its report says when it came, and from whom
    SELECT report.received_at, report.by AS sent_by FROM report
    WHERE signal.received_at IS NULL AND report.patient = opening.patient AND report.measured_at = signal.signal_at
    ORDER BY report.received_at LIMIT 1
) AS answer ON true
CROSS JOIN LATERAL (
    SELECT 'signal' AS mark, signal.signal_at AS at, coalesce(signal.sent_by, answer.sent_by) AS who, 'alert_event' AS source
    UNION ALL
    SELECT 'received', coalesce(signal.received_at, answer.received_at), NULL,
           CASE WHEN signal.received_at IS NULL THEN 'report' ELSE 'alert_event' END
    WHERE coalesce(signal.received_at, answer.received_at) IS NOT NULL
    UNION ALL
    SELECT 'opened', opening.at, NULL, 'alert_event'
    UNION ALL
    (SELECT given.mark, given.at, given.who, given.source FROM alert_mark AS given
     WHERE given.alert = opening.alert AND given.mark = 'delivered' ORDER BY given.at LIMIT 1)
    UNION ALL
    (SELECT given.mark, given.at, given.who, given.source FROM alert_mark AS given
     WHERE given.alert = opening.alert AND given.mark = 'seen' ORDER BY given.at LIMIT 1)
    UNION ALL
    (SELECT 'acted', act.at, act.actor, act.kind FROM alert_event AS act
     WHERE act.alert = opening.alert AND act.actor IS NOT NULL
       AND act.kind IN ('acknowledged', 'snoozed', 'assigned', 'closed') ORDER BY act.id LIMIT 1)
    UNION ALL
    (SELECT 'antibiotic', dose.given_at, dose.by, dose.name FROM given AS dose
     WHERE dose.patient = opening.patient AND dose.kind = 'antibiotic' AND dose.given_at >= signal.signal_at
     ORDER BY dose.given_at LIMIT 1)
) AS mark;
