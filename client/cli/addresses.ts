/** The block that says where everything is: printed by `up`, again by `status`. */
import { redactUrl } from '../../runtime/config.js';
import type { RunningStack, StackAddresses } from '../../runtime/stack.js';
import type { Context } from './context.js';

export function addressLines(ctx: Context, at: StackAddresses | RunningStack): string[] {
  return ctx.out.pairs([
    ['Temporal UI', at.uiUrl ?? `none of ours; server at ${at.temporalAddress}`],
    ['Mailbox', `${at.mailboxDir}  ${ctx.out.c.dim('npx aftercare mailbox list')}`],
    ['Ledger', redactUrl(at.ledgerUrl)],
    ['SMTP', redactUrl(at.smtpUrl) || 'none is named'],
    ['Data', at.home],
    ['Bundle', at.bundle?.slice(0, 12) ?? 'unknown: no worker of ours here'],
  ]);
}

/** The same for programs; passwords never leave. */
export function addressValue(at: StackAddresses | RunningStack): Record<string, unknown> {
  const { pid, temporalAddress, namespace, uiUrl, mailboxDir, home, embedded, bundle, startedAt } = at;
  return {
    pid,
    temporalAddress,
    namespace,
    uiUrl,
    ledgerUrl: redactUrl(at.ledgerUrl),
    smtpUrl: redactUrl(at.smtpUrl),
    mailboxDir,
    home,
    embedded,
    bundle,
    startedAt,
  };
}
