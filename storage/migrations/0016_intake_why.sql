-- Why a dose was left out or given up, in the person's words or one of the app's: hostile until escaped.
ALTER TABLE intake ADD COLUMN why text CHECK (length(why) <= 200);
