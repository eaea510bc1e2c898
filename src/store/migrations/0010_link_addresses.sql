-- The address of the customer, as a keyed fingerprint: whoever asks to be forgotten is found also when no card is kept.
ALTER TABLE links ADD COLUMN email TEXT;
UPDATE links SET email = (SELECT email FROM snapshots
    WHERE snapshots.install = links.install AND snapshots.customer = links.customer);
CREATE INDEX links_by_email ON links (install, email);
