/**
 * The parts themselves, for the commands of operators and auditors: Temporal, the ledger, storage. Everybody else goes
 * through the facade.
 */
import type { Client } from '@temporalio/client';
import type { TemporalConnection } from '../../runtime/connection.js';
import type { OpenPorts } from '../../runtime/ports.js';
import type { RunningStack } from '../../runtime/stack.js';
import type { Context } from './context.js';

/** Used where no SMTP is named: a connection is only made when mail is sent, which these commands never do. */
const NO_SMTP = 'smtp://127.0.0.1:25';

export interface Operator {
  /** Where everything is. @throws StackError when something is neither given nor running */
  stack(): Promise<RunningStack>;
  temporal(): Promise<TemporalConnection>;
  client(): Promise<Client>;
  ports(): Promise<OpenPorts>;
  close(): Promise<void>;
}

/** Opens each part on first use and closes what was opened. */
export function operator(ctx: Context): Operator {
  let temporal: Promise<TemporalConnection> | null = null;
  let ports: Promise<OpenPorts> | null = null;

  const stack = async () => {
    const { connectToRunningStack } = await import('../../runtime/stack.js');
    return connectToRunningStack(await ctx.config());
  };
  const connect = async () => {
    const { connectTemporal } = await import('../../runtime/connection.js');
    return connectTemporal(await ctx.config(), (await stack()).target);
  };
  const open = async () => {
    const { openPorts } = await import('../../runtime/ports.js');
    const { ledgerUrl, smtpUrl } = await stack();
    return openPorts({ ...(await ctx.config()), ledgerUrl, smtpUrl: smtpUrl || NO_SMTP });
  };

  return {
    stack,
    temporal: () => (temporal ??= connect()),
    ports: () => (ports ??= open()),
    async client() {
      const [{ Client }, { connection, namespace }] = await Promise.all([
        import('@temporalio/client'),
        this.temporal(),
      ]);
      const { loadDataConverter } = await import('../../runtime/codec.js');
      return new Client({
        connection,
        namespace,
        dataConverter: await loadDataConverter(await ctx.config()),
      });
    },
    async close() {
      // What failed to open was told where it was opened.
      const [opened, connected] = await Promise.all([ports?.catch(() => null), temporal?.catch(() => null)]);
      if (opened) await (await import('../../runtime/ports.js')).closePorts(opened);
      await connected?.connection.close();
    },
  };
}
