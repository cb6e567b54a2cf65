/**
 * Real adapters with faults on demand: a process that dies right after the other side accepted something, and hosts
 * that are down. Only what a fault needs is wrapped; everything else goes straight through.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryError, type Ports } from '../adapters/ports.js';
import type { CrashPoint, OutageOf } from './scenario.js';

/** Faults in force, shared by reference with the wrapped ports. */
export interface Faults {
  /** The next time this happens, the process dies before it can answer. */
  crashAt: CrashPoint | null;
  /** Hosts down by wrapping; mail and ledger are taken down for real, at their ports. */
  down: Set<OutageOf>;
}

export function noFaults(): Faults {
  return { crashAt: null, down: new Set() };
}

/** So long the others at work in this process may finish, when it is one delivery that is to be cut off. */
const OTHERS_MS = 250;

/** As a power cut: no handler runs, nothing is flushed. */
async function die(point: CrashPoint): Promise<never> {
  // A workflow task lost on the side would cost ten seconds of real time and prove nothing about mail.
  if (point === 'mailAccepted') await delay(OTHERS_MS);
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => undefined);
}

export function withFaults<P extends Ports>(ports: P, faults: Faults): P {
  async function reach<T>(point: CrashPoint, work: Promise<T>): Promise<T> {
    const value = await work;
    if (faults.crashAt === point) await die(point);
    return value;
  }
  const { ledger, mail, sms, storage } = ports;
  const smsUp = () => {
    if (faults.down.has('sms')) throw new DeliveryError('retry', 'ECONNREFUSED', 'sms gateway ECONNREFUSED');
  };
  const storageUp = () => {
    if (faults.down.has('storage'))
      throw Object.assign(new Error('storage is down'), { code: 'ECONNREFUSED' });
  };
  return {
    ...ports,
    ledger: {
      ...ledger,
      record: (turn, digest) => reach('ledgerCommitted', ledger.record(turn, digest)),
      receiveIntake: (request) => reach('intakeWritten', ledger.receiveIntake(request)),
    },
    mail: { ...mail, send: (message) => reach('mailAccepted', mail.send(message)) },
    sms: {
      ...sms,
      async send(message) {
        smsUp();
        return sms.send(message);
      },
      async query(key, to, at) {
        smsUp();
        return sms.query(key, to, at);
      },
    },
    storage: {
      ...storage,
      async put(content) {
        storageUp();
        return storage.put(content);
      },
      async get(sha256) {
        storageUp();
        return storage.get(sha256);
      },
      async has(sha256) {
        storageUp();
        return storage.has(sha256);
      },
    },
  };
}
