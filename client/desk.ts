/**
 * What every room of the facade stands on: the clock, who acts, the ledger and the live case, each asked in a way that
 * says what to do when there is no answer.
 */
import type { Client } from '@temporalio/client';
import type { LedgerPort, StoragePort } from '../adapters/ports.js';
import type { Actor, Instant } from '../domain/case.js';
import { wholeMinute } from '../domain/calendar.js';
import { deskOf, type Organisation, type Staff, type Unit } from '../domain/organisation.js';
import type { ActResult, CaseView, Snapshot } from '../workflows/case/messages.js';
import { DeskError, EXIT, type LoadedPolicy } from './api.js';
import { invalid, isNamed, notFound, unreachable } from './failures.js';

export interface AftercareDependencies {
  /** Connected, or how to connect: what only reads the ledger need not wait for Temporal's library and server. */
  client: Client | (() => Promise<Client>);
  ledger: LedgerPort;
  storage: StoragePort;
  policy: LoadedPolicy;
  taskQueue: string;
  /** The present, for case numbers and look-ups; a simulation gives its own. */
  now?: () => Date;
  /** Delay of a new workflow's first task; only a simulation sets it (engine.md). */
  startDelayMs?: () => number;
  /** Called between a workflow's start and the first question to it; only a simulation needs it. */
  afterStart?: (caseId: string) => Promise<void>;
  /** Folder that relative file paths in answers start from. */
  folder?: string;
  /** How long an act waits for its answer before it tells the request id (house 4). */
  patienceMs?: number;
  onClose?: () => Promise<void>;
}

/** Shared by the rooms of one facade. */
export class Desk {
  /** Staff who acted lately, by the id or alias they used. */
  private readonly known = new Map<string, Staff>();

  constructor(readonly deps: AftercareDependencies) {}

  /** Temporal, connected when it is first asked for. */
  client(): Promise<Client> {
    const { client } = this.deps;
    return typeof client === 'function' ? client() : Promise.resolve(client);
  }

  get ledger(): LedgerPort {
    return this.deps.ledger;
  }
  get storage(): StoragePort {
    return this.deps.storage;
  }
  get policy(): LoadedPolicy {
    return this.deps.policy;
  }

  /** How long an act, or its rehearsal, waits for the case. */
  get patienceMs(): number {
    return this.deps.patienceMs ?? 15_000;
  }

  now(): Date {
    return this.deps.now?.() ?? new Date();
  }

  /** The present, cut to its minute: what acts and records carry. */
  get at(): Instant {
    return wholeMinute(this.now().toISOString());
  }

  /** Minutes east of UTC. */
  get offset(): number {
    return this.policy.policy.zone.offsetMinutes;
  }

  /** @throws DeskError `staff.unknown`, `ledger.unreachable` */
  async staff(idOrAlias: string): Promise<Staff> {
    const staff = await this.guarded(undefined, () => this.ledger.staff(idOrAlias));
    if (staff === null)
      throw new DeskError('staff.unknown', `nobody called ${idOrAlias} works here`, {
        exit: EXIT.notFound,
        remedy: 'see `aftercare staff list`; name yourself with --as or AFTERCARE_AS',
      });
    return staff;
  }

  async organisation(): Promise<Organisation> {
    return imported(await this.guarded(undefined, () => this.ledger.organisation()));
  }

  /** Who acts, as cases record it. @throws DeskError as `staff` */
  async actor(idOrAlias: string): Promise<Actor> {
    let staff: Staff;
    try {
      staff = await this.staff(idOrAlias);
      this.known.set(idOrAlias, staff);
    } catch (error) {
      // The ledger may be behind while cases go on: who acted lately is still known (house 4).
      const before = this.known.get(idOrAlias);
      if (!(error instanceof DeskError) || error.code !== 'ledger.unreachable' || before === undefined)
        throw error;
      staff = before;
    }
    return { id: staff.id, roles: staff.roles, department: staff.department };
  }

  /** What a case works by from its start: policy, calendars and who works here. */
  async snapshot(given: LoadedPolicy = this.policy): Promise<Snapshot> {
    const { policy, digest, calendars } = given;
    const roster = imported(await this.guarded(undefined, () => this.ledger.roster()));
    return { policy, digest, calendars, desk: deskOf(roster) };
  }

  /** The bureau on file: how it wants to be asked stands there (W28). */
  async bureau(form: string, id: string, requestId: string, field = 'bureau'): Promise<Unit> {
    const unit = await this.guarded(requestId, () => this.ledger.unit(id));
    if (unit?.kind === 'bureau') return unit;
    const message = `no bureau ${id} on file; import it, or see \`aftercare org show --units\``;
    throw invalid(form, [{ field, message }], requestId);
  }

  /** The live case. @param until epoch, ms: when to give up asking */
  view(caseId: string, until?: number): Promise<CaseView> {
    return this.queried(caseId, (client) => {
      const ask = () => client.workflow.getHandle(caseId).query<CaseView>('caseView');
      return until === undefined ? ask() : client.withDeadline(until, ask);
    });
  }

  /** Asks the ledger. @throws DeskError `ledger.unreachable`, with the request id to repeat by */
  async guarded<T>(
    requestId: string | undefined,
    work: () => Promise<T>,
    remedy = 'nothing was changed; see `aftercare doctor`',
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DeskError) throw error;
      throw new DeskError('ledger.unreachable', `the ledger did not answer: ${(error as Error).message}`, {
        exit: EXIT.unreachable,
        cause: error,
        remedy,
        ...(requestId === undefined ? {} : { requestId }),
      });
    }
  }

  /** Asks a live case. @throws DeskError `case.notFound`, `temporal.unreachable` */
  async queried<T>(caseId: string, work: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.client();
    try {
      return await work(client);
    } catch (error) {
      if (isNamed(error, 'WorkflowNotFoundError')) throw notFound(caseId);
      throw unreachable(error, undefined, 'nothing was changed');
    }
  }
}

/** @throws DeskError `organisation.missing` when nothing was imported yet */
export function imported<T>(found: T | null): T {
  if (found === null)
    throw new DeskError('organisation.missing', 'no organisation is imported yet', {
      exit: EXIT.notFound,
      remedy: 'aftercare org import examples/organisation.yaml',
    });
  return found;
}

/** What people have to do next, as every act's answer tells it. */
export function nextOf(view: CaseView | null): ActResult['next'] {
  return (view?.tasks ?? [])
    .filter((task) => task.status === 'open')
    .map(({ name, key, role, assignee, dueAt }) => ({ task: name, key, role, assignee, dueAt }));
}
