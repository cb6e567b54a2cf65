// Not AFTERCARE_…: those are settings of the product, and an unknown one is refused.
/**
 * Where a PostgreSQL server for tests is; the tests of the kernel and of scenarios then have their ledgers there. Unset:
 * only the embedded one is tested.
 */
export const SERVER_URL = process.env['TEST_LEDGER_URL'];
