-- The clock of the server that has the state.
--
-- KEYS state
-- Returns the clock.

--- @include "parts/clock"

return clock()
