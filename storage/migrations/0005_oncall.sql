-- Who is on call, for which sites, by when; how they are reached; which consoles are attended.
CREATE TABLE organisation (
    id         text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name       text NOT NULL,
    created_at timestamptz NOT NULL
);

-- The sites an organisation runs itself: its people keep its rosters.
CREATE TABLE organisation_site (
    organisation text NOT NULL REFERENCES organisation,
    site         text NOT NULL REFERENCES site,
    PRIMARY KEY (organisation, site)
);

CREATE TABLE territory (
    id         text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name       text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE territory_site (
    territory text NOT NULL REFERENCES territory,
    site      text NOT NULL REFERENCES site,
    PRIMARY KEY (territory, site)
);

-- A roster belongs to one organisation; a site may be served by rosters of several.
CREATE TABLE roster (
    id           text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    organisation text NOT NULL REFERENCES organisation,
    name         text NOT NULL,
    timezone     text NOT NULL,
    created_at   timestamptz NOT NULL
);

-- What a roster serves: a territory or a single site.
CREATE TABLE roster_serves (
    roster    text NOT NULL REFERENCES roster,
    territory text REFERENCES territory,
    site      text REFERENCES site,
    CHECK ((territory IS NULL) <> (site IS NULL)),
    UNIQUE NULLS NOT DISTINCT (roster, territory, site)
);

-- Somebody on call once. `uid`: the calendar's, or the client's; one row of a uid counts, earlier ones are history.
CREATE TABLE shift (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    roster     text NOT NULL REFERENCES roster,
    uid        text NOT NULL,
    role       text NOT NULL CHECK (role IN ('physician', 'nurse', 'advanced-nurse', 'pharmacist', 'prescriber',
                                             'coordinator', 'operator')),
    person     text NOT NULL REFERENCES account (username),
    from_at    timestamptz NOT NULL,
    to_at      timestamptz NOT NULL CHECK (to_at > from_at),
    rank       smallint NOT NULL DEFAULT 0 CHECK (rank BETWEEN 0 AND 99),
    set_by     text NOT NULL,
    set_at     timestamptz NOT NULL,
    removed_by text,
    removed_at timestamptz
);
CREATE UNIQUE INDEX shift_one ON shift (roster, uid) WHERE removed_at IS NULL;
CREATE INDEX shift_when ON shift (roster, to_at) WHERE removed_at IS NULL;

-- Somebody on call every n weeks, by the wall clock of a timezone. Minutes of the day; `days`: date of the end minus
-- date of the beginning. `first_day` lies in the week from which n weeks are counted.
CREATE TABLE weekly_shift (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    roster     text NOT NULL REFERENCES roster,
    uid        text NOT NULL,
    role       text NOT NULL CHECK (role IN ('physician', 'nurse', 'advanced-nurse', 'pharmacist', 'prescriber',
                                             'coordinator', 'operator')),
    person     text NOT NULL REFERENCES account (username),
    timezone   text NOT NULL,
    weekdays   smallint[] NOT NULL CHECK (cardinality(weekdays) BETWEEN 1 AND 7),
    begins     smallint NOT NULL CHECK (begins BETWEEN 0 AND 1439),
    ends       smallint NOT NULL CHECK (ends BETWEEN 0 AND 1439),
    days       smallint NOT NULL CHECK (days BETWEEN 0 AND 31 AND (days > 0 OR ends > begins)),
    every      smallint NOT NULL DEFAULT 1 CHECK (every BETWEEN 1 AND 53),
    first_day  date NOT NULL,
    last_day   date CHECK (last_day >= first_day),
    without    date[] NOT NULL DEFAULT '{}',
    rank       smallint NOT NULL DEFAULT 0 CHECK (rank BETWEEN 0 AND 99),
    set_by     text NOT NULL,
    set_at     timestamptz NOT NULL,
    removed_by text,
    removed_at timestamptz
);
CREATE UNIQUE INDEX weekly_shift_one ON weekly_shift (roster, uid) WHERE removed_at IS NULL;

-- A is replaced by B. `role` NULL: whatever A is on call as.
CREATE TABLE substitution (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    roster     text NOT NULL REFERENCES roster,
    role       text,
    person     text NOT NULL REFERENCES account (username),
    by_person  text NOT NULL REFERENCES account (username) CHECK (by_person <> person),
    from_at    timestamptz NOT NULL,
    to_at      timestamptz NOT NULL CHECK (to_at > from_at),
    reason     text NOT NULL,
    set_by     text NOT NULL,
    set_at     timestamptz NOT NULL,
    removed_by text,
    removed_at timestamptz
);
CREATE INDEX substitution_when ON substitution (roster, to_at) WHERE removed_at IS NULL;

-- Append-only. `shift`: which shift it hands over, as the author's screen named it; NULL: none.
CREATE TABLE handover_note (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    roster  text NOT NULL REFERENCES roster,
    site    text NOT NULL REFERENCES site,
    shift   text,
    author  text NOT NULL,
    at      timestamptz NOT NULL,
    text    text NOT NULL
);
CREATE INDEX handover_note_site ON handover_note (site, id DESC);
CREATE TRIGGER handover_note_append_only BEFORE UPDATE OR DELETE ON handover_note
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- How an account is reached. The telephone numbers are E.164.
CREATE TABLE contact (
    account text PRIMARY KEY REFERENCES account (username),
    email   text,
    sms     text CHECK (sms ~ '^\+[1-9][0-9]{6,14}$'),
    voice   text CHECK (voice ~ '^\+[1-9][0-9]{6,14}$'),
    set_by  text NOT NULL,
    set_at  timestamptz NOT NULL
);

CREATE TABLE web_push (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account    text NOT NULL REFERENCES account (username),
    endpoint   text NOT NULL UNIQUE,
    p256dh     text NOT NULL,
    auth       text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX web_push_account ON web_push (account);

-- Who changed what when: rosters, shifts, substitutions, contacts. Append-only.
CREATE TABLE oncall_change (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    actor   text NOT NULL,
    what    text NOT NULL,
    subject text NOT NULL,
    before  jsonb,
    after   jsonb
);
CREATE INDEX oncall_change_subject ON oncall_change (subject, id);
CREATE TRIGGER oncall_change_append_only BEFORE UPDATE OR DELETE ON oncall_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The last beat each console has answered, in real time. `sounds`: its alarm can be heard.
CREATE TABLE console_presence (
    session bytea NOT NULL REFERENCES session ON DELETE CASCADE,
    site    text NOT NULL REFERENCES site,
    account text NOT NULL,
    seen_at timestamptz NOT NULL,
    visible boolean NOT NULL,
    sounds  boolean NOT NULL,
    PRIMARY KEY (session, site)
);
CREATE INDEX console_presence_site ON console_presence (site, seen_at);

-- A note on a site is stepped like an action: its last one says what is known of the site.
ALTER TABLE action_inbox DROP CONSTRAINT IF EXISTS action_inbox_kind_check;
ALTER TABLE action_inbox ADD CONSTRAINT action_inbox_kind_check
    CHECK (kind IN ('alert', 'entries', 'plan', 'pause', 'note'));
CREATE INDEX action_inbox_note ON action_inbox (site, position DESC) WHERE kind = 'note';
