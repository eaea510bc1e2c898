-- The agent who made a link, as the helpdesk calls them: sealed.
ALTER TABLE links ADD COLUMN agent BLOB;
