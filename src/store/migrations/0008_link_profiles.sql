-- The profile itself, as the helpdesk calls it: sealed, and only where a helpdesk is told of changes.
ALTER TABLE links ADD COLUMN name BLOB;
