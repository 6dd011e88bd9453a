/** Clocks of processes that write rows may be ahead of the database's by this much: such rows count as present. */
export const clockAheadMs = 60_000;
