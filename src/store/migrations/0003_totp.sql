-- The half minute of the last authenticator code that somebody used: none is good twice, after a restart either.
ALTER TABLE people ADD COLUMN code_step BIGINT;
