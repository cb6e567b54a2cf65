import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { fileItem } from '../mailbox.js';
import { keyOfMessageId } from './message-id.js';

const HOST = '127.0.0.1';
const LARGEST_BYTES = 25 * 1024 * 1024;
const CLOSE_MS = 500;

/**
 * What goes wrong on purpose: a refusal, or a connection that ends without a word.
 * - `recipient`: asked with the address · `message`: with the key, before it is filed · `filed`: with the key, after
 */
export type MailFaults = (
  moment: 'recipient' | 'message' | 'filed',
  about: string,
) => { reply: number } | 'hangUp' | null;

export interface MailListener {
  /** `smtp://127.0.0.1:<port>` */
  url: string;
  port: number;
  stop(): Promise<void>;
}

/**
 * A real SMTP host on the loopback that files what it is sent in the local mailbox, one copy per Message-ID (AT-29).
 * No log-in, no TLS: nothing but this machine can reach it.
 *
 * @param options.port any free one unless told
 */
export async function startMailListener(options: {
  port?: number;
  mailbox: string;
  faults?: MailFaults;
}): Promise<MailListener> {
  const faults: MailFaults = options.faults ?? (() => null);
  await mkdir(join(options.mailbox, 'mail'), { recursive: true });

  const server = new SMTPServer({
    name: 'aftercare.local',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: LARGEST_BYTES,
    closeTimeout: CLOSE_MS,
    onRcptTo(address, session, callback) {
      answer(session.id, faults('recipient', address.address), callback);
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', callback);
      stream.on('end', () => {
        if (stream.sizeExceeded) return callback(refusal(552));
        receive(Buffer.concat(chunks), session.id, callback).catch(() => callback(refusal(451)));
      });
    },
  });
  // A client that breaks off reports itself here; unheard, that would end the process.
  server.on('error', () => undefined);

  type Callback = (error?: Error | null) => void;

  function answer(session: string, fault: ReturnType<MailFaults>, callback: Callback): void {
    if (fault === null) return callback();
    if (fault !== 'hangUp') return callback(refusal(fault.reply));
    for (const connection of server.connections) if (connection.session.id === session) connection.close();
  }

  async function receive(content: Buffer, session: string, callback: Callback): Promise<void> {
    const key = keyOf(content);
    const before = faults('message', key);
    if (before !== null) return answer(session, before, callback);
    await fileItem(options.mailbox, 'mail', key, content);
    answer(session, faults('filed', key), callback);
  }

  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(options.port ?? 0, HOST, () => {
      server.server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://${HOST}:${port}`,
    port,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** The key of a raw mail's Message-ID; a mail without one is known by its content. */
export function keyOf(content: Buffer): string {
  const [header = ''] = content.toString('latin1').split(/\r?\n\r?\n/, 1);
  const found = /^message-id:\s*(<[^>\s]+>)/im.exec(header);
  return found?.[1] ? keyOfMessageId(found[1]) : createHash('sha256').update(content).digest('hex');
}

function refusal(reply: number): Error {
  return Object.assign(new Error(reply < 500 ? 'try again later' : 'refused'), { responseCode: reply });
}
