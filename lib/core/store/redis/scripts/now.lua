-- The clock of the server that holds the state.
--
-- KEYS state
-- Returns the clock.

--- @include "parts/clock"

return clock()
