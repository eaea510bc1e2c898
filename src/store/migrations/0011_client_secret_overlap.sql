-- Until when the client secret before this one is believed. Those that were replaced before: three days from then.
ALTER TABLE installs ADD COLUMN previous_client_secret_until BIGINT;
UPDATE installs SET previous_client_secret_until = token_replaced_at + 259200000000
    WHERE previous_client_secret IS NOT NULL;
