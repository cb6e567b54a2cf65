/** Who acts when nobody does: the system, by its clocks. */
export const SYSTEM = 'system';
