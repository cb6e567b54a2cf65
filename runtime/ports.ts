/** Opens the adapters that the settings name. The one place where URLs become ports. */
import { join } from 'node:path';
import { openLedger } from '../adapters/ledger/index.js';
import { openMail } from '../adapters/mail/index.js';
import type { Ports } from '../adapters/ports.js';
import { openSms } from '../adapters/sms/index.js';
import { openStorage } from '../adapters/storage/index.js';
import { loadTemplates } from '../adapters/texts.js';
import type { TemplateSet } from '../domain/text.js';
import type { Config } from './config.js';

/** Settings with the two URLs that may be embedded filled in. */
export type PortSettings = Pick<Config, 'storageUrl' | 'smsUrl' | 'mailboxDir' | 'packageRoot'> & {
  ledgerUrl: string;
  smtpUrl: string;
};

/** The ports, and the message templates that go with them. */
export type OpenPorts = Ports & { texts: TemplateSet };

/** Who mail comes from until an organisation is imported that says otherwise. */
const SENDER = { from: 'aftercare@localhost.localdomain', fromName: 'Aftercare' };

/** Opens all ports. `ledgerUrl` and `smtpUrl` must be given: the stack fills in what it embeds. */
export async function openPorts(settings: PortSettings): Promise<OpenPorts> {
  // First, because a template with a fault stops everything and leaves nothing open.
  const texts = await loadTemplates(join(settings.packageRoot, 'policy', 'templates'));
  return {
    ledger: await openLedger({ url: settings.ledgerUrl }),
    mail: openMail({ url: settings.smtpUrl, ...SENDER }),
    sms: openSms({ url: settings.smsUrl, mailbox: settings.mailboxDir }),
    storage: openStorage({ url: settings.storageUrl }),
    texts,
  };
}

/** Closes all ports; one that fails to close does not keep the others open. */
export async function closePorts(ports: Ports): Promise<void> {
  await Promise.allSettled([ports.mail.close(), ports.sms.close(), ports.ledger.close()]);
}
