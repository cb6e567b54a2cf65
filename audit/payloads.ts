import type { PayloadCodec } from '@temporalio/common';
import { JSONToPayload, type JSONPayload } from '@temporalio/common/lib/proto-utils.js';

/**
 * Reading what a history says. Histories are kept with their payloads as the server has them; a case that ran with a
 * codec is read with the same codec, others without one.
 */

/** What stands for a payload nobody here can read, e.g. an encrypted one without its codec. */
export interface Unreadable {
  unreadable: string;
}

export function isUnreadable(value: unknown): value is Unreadable {
  return typeof value === 'object' && value !== null && 'unreadable' in value;
}

/** One payload as plain JSON. */
export async function readPayload(payload: JSONPayload | undefined, codec?: PayloadCodec): Promise<unknown> {
  if (!payload) return null;
  let plain = JSONToPayload(payload);
  if (codec) [plain = {}] = await codec.decode([plain]);
  const encoding = text(plain.metadata?.['encoding']);
  if (encoding === 'binary/null' || (encoding === '' && !plain.data)) return null;
  if (encoding !== 'json/plain') return { unreadable: encoding } satisfies Unreadable;
  try {
    return JSON.parse(text(plain.data)) as unknown;
  } catch {
    return { unreadable: 'broken json/plain' } satisfies Unreadable;
  }
}

/** The payloads of an input or result, in order. */
export async function readPayloads(payloads: unknown, codec?: PayloadCodec): Promise<unknown[]> {
  const list = (payloads as { payloads?: JSONPayload[] } | undefined)?.payloads ?? [];
  return Promise.all(list.map((payload) => readPayload(payload, codec)));
}

function text(bytes: Uint8Array | null | undefined): string {
  return bytes ? Buffer.from(bytes).toString('utf8') : '';
}
