-- What only waited for the provider to be asked was parked once, and is tried again.
UPDATE inbox SET parked = NULL, due_at = received_at WHERE parked = 'the provider could not be asked';
