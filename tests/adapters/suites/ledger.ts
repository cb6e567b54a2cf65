import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LedgerUnavailable, openLedger } from '../../../adapters/ledger/index.js';
import { RecordConflict } from '../../../adapters/ports.js';
import type { ContentRow, IntakeRequest, LedgerPort, SendBegun, SendOrder } from '../../../adapters/ports.js';
import type {
  CaseRow,
  ClockRow,
  Fact,
  Instant,
  MessageRow,
  TaskRow,
  TurnRecord,
} from '../../../domain/case.js';
import { deskOf, type Organisation } from '../../../domain/organisation.js';
import { startRelay, type Relay } from '../../../simulation/relay.js';

export interface Database {
  url: string;
  stop(): Promise<void>;
}

/** The ledger's contract, on any empty PostgreSQL database. */
export function describeLedgerPort(name: string, make: () => Promise<Database>): void {
  describe(`ledger on ${name}`, () => {
    let database: Database;
    let relay: Relay;
    let url: string;
    let ledger: LedgerPort;
    let migrated: string[][];

    beforeAll(async () => {
      database = await make();
      const direct = new URL(database.url);
      relay = await startRelay({ host: direct.hostname, port: Number(direct.port) });
      direct.hostname = '127.0.0.1';
      direct.port = String(relay.port);
      url = direct.href;
      const pools = await Promise.all([openLedger({ url }), openLedger({ url }), openLedger({ url })]);
      migrated = await Promise.all(pools.map((pool) => pool.migrate()));
      await Promise.all(pools.map((pool) => pool.close()));
      ledger = await openLedger({ url });
    });
    afterAll(async () => {
      await ledger.close();
      await relay.down();
      await database.stop();
    });

    it('migrates once when three processes start at once, and then has nothing pending', async () => {
      const applied = migrated.flat();
      expect(applied.length).toBeGreaterThanOrEqual(5);
      expect(new Set(applied).size).toBe(applied.length);
      expect(await ledger.pendingMigrations()).toEqual([]);
      expect(await ledger.migrate()).toEqual([]);
      expect(await ledger.check()).toMatch(/^PostgreSQL \d+/);
    });

    it('keeps apart what many connections ask at once, inside and outside transactions', async () => {
      const ids = Array.from({ length: 60 }, (_, index) => `apart-${index}`);
      await Promise.all(
        ids.map(async (id, index) => {
          if (index % 3 === 0) await ledger.putContents([content(id)]);
          else if (index % 3 === 1) await ledger.addRefusal(refusal(`apart-${index}`));
          const found = await ledger.contents([id]);
          expect([...found.keys()]).toEqual(index % 3 === 0 ? [id] : []);
        }),
      );
    });

    describe('intake', () => {
      it('CRM-05 gives dense numbers to 50 intakes at once', async () => {
        const answers = await Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            ledger.receiveIntake(intake(`dense-${index}`, '20300304')),
          ),
        );
        const numbers = answers.map((answer) => answer.intake.caseId).sort();
        expect(numbers).toEqual(
          Array.from({ length: 50 }, (_, index) => `T20300304-${String(index + 1).padStart(3, '0')}`),
        );
        expect(answers.every((answer) => answer.fresh)).toBe(true);
      });

      it('CRM-05 gives the number of a failed intake to the next one', async () => {
        const first = await ledger.receiveIntake(intake('gap-1', '20300305'));
        const taken = { ...content('gap-taken'), sha256: sha('other') };
        await ledger.putContents([content('gap-taken')]);
        await expect(
          ledger.receiveIntake({ ...intake('gap-2', '20300305'), contents: [taken] }),
        ).rejects.toThrow('gap-taken');
        const third = await ledger.receiveIntake(intake('gap-3', '20300305'));
        expect([first.intake.caseId, third.intake.caseId]).toEqual(['T20300305-001', 'T20300305-002']);
      });

      it('CRM-05 counts each kind and day by itself, with four digits past 999', async () => {
        for (let count = 0; count < 999; count += 111) {
          await Promise.all(
            Array.from({ length: 111 }, (_, index) =>
              ledger.receiveIntake(
                intake(`many-${count + index}`, '20300306', { contents: [], lookups: [] }),
              ),
            ),
          );
        }
        const next = await ledger.receiveIntake(intake('many-999', '20300306'));
        expect(next.intake.caseId).toBe('T20300306-1000');
        const other = await ledger.receiveIntake({ ...intake('many-other', '20300306'), letter: 'W' });
        expect(other.intake.caseId).toBe('W20300306-001');
      });

      it('AT-31 answers the same request id with the same case, also at once and after midnight', async () => {
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            ledger.receiveIntake(intake('same', index % 2 ? '20300307' : '20300308')),
          ),
        );
        expect(new Set(answers.map((answer) => answer.intake.caseId)).size).toBe(1);
        expect(answers.filter((answer) => answer.fresh)).toHaveLength(1);
        const [one] = answers;
        const day = one?.intake.caseId.slice(1, 9) === '20300307' ? '20300308' : '20300307';
        expect((await ledger.receiveIntake(intake('after-same', day))).intake.caseId).toBe(`T${day}-001`);
      });

      it('AT-31 keeps an intake visible until its case runs', async () => {
        const { intake: row } = await ledger.receiveIntake(intake('pending', '20300309'));
        expect(row).toEqual({
          requestId: 'pending',
          caseId: 'T20300309-001',
          process: 'complaint',
          input: { matter: '发票打不出来', nested: { list: [1, 'two', null] } },
          actor: 'li.na',
          at: '2030-03-04T01:00:00.000Z',
          state: 'received',
        });
        expect((await ledger.pendingIntakes()).map((pending) => pending.requestId)).toContain('pending');
        await ledger.markStarted('T20300309-001');
        expect((await ledger.pendingIntakes()).map((pending) => pending.requestId)).not.toContain('pending');
        expect((await ledger.intakeByRequest('pending'))?.state).toBe('started');
        expect(await ledger.intakeByRequest('nobody')).toBeNull();
        expect((await ledger.intakeOf('T20300309-001'))?.requestId).toBe('pending');
        expect(await ledger.intakeOf('T20300309-999')).toBeNull();
      });

      it('keeps contents under their case and erases to id and hash', async () => {
        const early = content('early');
        await ledger.putContents([early]);
        const { intake: row } = await ledger.receiveIntake({
          ...intake('contents', '20300310'),
          contents: [early, content('late')],
        });
        const erased = { at: '2030-03-10T01:00:00.000Z', by: 'chen.hui', reason: 'asked for' };
        expect(await ledger.erase(row.caseId, ['late'], erased)).toEqual(['late']);
        await ledger.putContents([content('late'), content('late')]);
        const found = await ledger.contents(['early', 'late', 'unknown']);
        expect(found.get('early')).toEqual({ ...early, caseId: row.caseId });
        expect(found.get('late')).toEqual({ ...content('late'), caseId: row.caseId, body: null });
        expect(found.size).toBe(2);
        expect(await ledger.contents([])).toEqual(new Map());
        await expect(ledger.putContents([{ ...early, sha256: sha('x') }])).rejects.toThrow('early');

        const entries = await ledger.contentsOf(row.caseId);
        const { id, field, sha256 } = content('late');
        const note = { erasedAt: erased.at, erasedBy: erased.by, erasedReason: erased.reason };
        expect(entries.find((entry) => entry.id === 'late')).toEqual({ id, field, sha256, ...note });
        expect(entries.find((entry) => entry.id === 'early')).toMatchObject({ erasedAt: null });
        // All of it: the text that is left, and what later intakes would find the case by; erased before stays as it was.
        expect(await ledger.lookups(row.caseId)).not.toEqual([]);
        expect(await ledger.erase(row.caseId, null, { ...erased, by: 'ma.jun' })).toEqual(['early']);
        expect(await ledger.erase(row.caseId, null, erased)).toEqual([]);
        expect((await ledger.contentsOf(row.caseId)).map((entry) => entry.erasedBy)).toEqual([
          'ma.jun',
          'chen.hui',
        ]);
        expect(await ledger.lookups(row.caseId)).toEqual([]);
      });

      it('W35 finds earlier cases by a shared value', async () => {
        for (const [request, openedAt] of [
          ['related-1', '2030-01-01T01:00:00.000Z'],
          ['related-2', '2030-02-01T01:00:00.000Z'],
          ['related-3', '2030-03-01T01:00:00.000Z'],
        ] as const) {
          const { intake: row } = await ledger.receiveIntake({
            ...intake(request, '20300311'),
            lookups: [
              { kind: 'phone', value: '+8613900000001' },
              { kind: 'serial', value: request },
            ],
          });
          await ledger.record(
            turn(row.caseId, 'run', 1, { row: caseRow(row.caseId, { openedAt }) }),
            'digest',
          );
        }
        const since = '2030-02-01T01:00:00.000Z';
        const byPhone = await ledger.related([{ kind: 'phone', value: '+8613900000001' }], since);
        expect(byPhone.map((row) => row.caseId)).toEqual(['T20300311-003', 'T20300311-002']);
        const bySerial = await ledger.related(
          [
            { kind: 'serial', value: 'related-2' },
            { kind: 'serial', value: '+8613900000001' },
          ],
          since,
        );
        expect(bySerial).toEqual([caseRow('T20300311-002', { openedAt: since })]);
        expect(await ledger.related([], since)).toEqual([]);
        expect(await ledger.lookups('T20300311-002')).toEqual([
          { kind: 'phone', value: '+8613900000001' },
          { kind: 'serial', value: 'related-2' },
        ]);
      });
    });

    describe('record', () => {
      it('writes a turn and reads it back exactly', async () => {
        const record = turn('R-1', 'run', 1, {
          tasks: [
            task('acknowledge#1', {
              answer: { words: ['一', '二'], note: { content: 'c', sha256: 'x' } },
              context: { plan: null },
              dueAt: '2030-03-04T01:30:00.000Z',
            }),
          ],
          clocks: [clock('response#1')],
          messages: [message('R-1/welcome')],
          facts: [fact(1), fact(2, { data: { deep: [{ a: 1 }] }, actor: null, rule: null })],
        });
        expect(await ledger.record(record, 'digest')).toBe('written');
        expect(await ledger.caseFile('R-1')).toEqual({
          row: record.row,
          tasks: record.tasks,
          clocks: record.clocks,
          messages: record.messages,
          timeline: record.facts,
          evidence: [],
          finalState: null,
        });
        expect(await ledger.turns('R-1')).toEqual([
          { caseId: 'R-1', runId: 'run', turn: 1, at: record.at, digest: 'digest', supersededBy: null },
        ]);
        expect(await ledger.caseFile('unknown')).toBeNull();
      });

      it('changes nothing when a turn is repeated, and refuses another content under its key', async () => {
        const record = turn('R-2', 'run', 1, { facts: [fact(1)] });
        await ledger.record(record, 'one');
        await ledger.record(turn('R-2', 'run', 2, { row: caseRow('R-2', { level: 'L2' }) }), 'two');
        expect(await ledger.record(record, 'one')).toBe('repeated');
        expect((await ledger.caseFile('R-2'))?.row.level).toBe('L2');
        const conflict = ledger.record({ ...record, facts: [fact(1), fact(9)] }, 'other');
        await expect(conflict).rejects.toBeInstanceOf(RecordConflict);
        await expect(conflict).rejects.toMatchObject({ caseId: 'R-2', runId: 'run', turn: 1 });
        expect((await ledger.caseFile('R-2'))?.timeline).toHaveLength(1);
      });

      it('writes one turn that comes ten times at once one time', async () => {
        const record = turn('R-3', 'run', 1, { facts: [fact(1)], messages: [message('R-3/m')] });
        const answers = await Promise.all(Array.from({ length: 10 }, () => ledger.record(record, 'one')));
        expect(answers.filter((answer) => answer === 'written')).toHaveLength(1);
        expect(await ledger.turns('R-3')).toHaveLength(1);
      });

      it('updates tasks, clocks and messages by key, and replaces tasks and clocks when full', async () => {
        await ledger.record(
          turn('R-4', 'run', 1, {
            tasks: [task('a#1'), task('b#1')],
            clocks: [clock('response#1')],
            messages: [message('R-4/m')],
          }),
          '1',
        );
        await ledger.record(
          turn('R-4', 'run', 2, {
            tasks: [
              task('a#1', {
                status: 'completed',
                completedAt: '2030-03-04T02:00:00.000Z',
                completedBy: 'li.na',
              }),
              task('c#1'),
            ],
            messages: [message('R-4/m', { status: 'sent', channel: 'sms', at: '2030-03-04T02:01:00.000Z' })],
          }),
          '2',
        );
        const before = await ledger.caseFile('R-4');
        expect(before?.tasks.map(({ key, status }) => [key, status])).toEqual([
          ['a#1', 'completed'],
          ['b#1', 'open'],
          ['c#1', 'open'],
        ]);
        expect(before?.messages).toEqual([
          message('R-4/m', { status: 'sent', channel: 'sms', at: '2030-03-04T02:01:00.000Z' }),
        ]);
        await ledger.record(turn('R-4', 'run', 3, { full: true, tasks: [task('c#1')] }), '3');
        const after = await ledger.caseFile('R-4');
        expect(after?.tasks.map((one) => one.key)).toEqual(['c#1']);
        expect(after?.clocks).toEqual([]);
        expect(after?.messages).toHaveLength(1);
      });

      it('keeps the final state through later turns', async () => {
        await ledger.record(turn('R-5', 'run', 1, { finalState: { carry: ['x'] } }), '1');
        await ledger.record(turn('R-5', 'run', 2, {}), '2');
        expect((await ledger.caseFile('R-5'))?.finalState).toEqual({ carry: ['x'] });
      });

      it('goes on without superseding when a case continues as new', async () => {
        await ledger.record(turn('R-6', 'run-1', 1, { facts: [fact(1)], tasks: [task('a#1')] }), '1');
        await ledger.record(turn('R-6', 'run-2', 2, { facts: [fact(2)], tasks: [task('b#1')] }), '2');
        expect((await ledger.turns('R-6')).map((row) => row.supersededBy)).toEqual([null, null]);
        const file = await ledger.caseFile('R-6');
        expect(file?.timeline.map((one) => one.seq)).toEqual([1, 2]);
        expect(file?.tasks.map((one) => one.key)).toEqual(['a#1', 'b#1']);
      });

      it('supersedes what a reset run rewrites and goes back to what stood before', async () => {
        const sent = { status: 'sent', channel: 'mail', at: '2030-03-04T03:00:00.000Z' } as const;
        await ledger.record(
          turn('R-7', 'old', 1, { facts: [fact(1)], tasks: [task('a#1')], messages: [message('R-7/one')] }),
          '1',
        );
        await ledger.record(
          turn('R-7', 'old', 2, {
            facts: [fact(2), fact(3)],
            tasks: [task('a#1', { status: 'completed' }), task('b#1')],
            clocks: [clock('plan#1')],
            messages: [message('R-7/one', sent), message('R-7/gone'), message('R-7/out', sent)],
          }),
          '2',
        );
        const ended = { row: caseRow('R-7', { status: 'closed' }), finalState: { end: true } } as const;
        await ledger.record(turn('R-7', 'old', 3, { facts: [fact(4)], ...ended }), '3');

        await ledger.record(turn('R-7', 'new', 2, { facts: [fact(2, { what: 'reopened' })] }), '2n');
        const file = await ledger.caseFile('R-7');
        expect(file?.row.status).toBe('open');
        expect(file?.finalState).toBeNull();
        expect(file?.timeline.map(({ seq, what }) => [seq, what])).toEqual([
          [1, 'noted'],
          [2, 'reopened'],
        ]);
        expect(file?.tasks).toEqual([task('a#1')]);
        expect(file?.clocks).toEqual([]);
        expect(file?.messages.map(({ key, status, reason }) => [key, status, reason])).toEqual([
          ['R-7/one', 'sent', null],
          ['R-7/gone', 'dropped', 'superseded'],
          ['R-7/out', 'sent', null],
        ]);
        expect((await ledger.turns('R-7')).map((row) => [row.runId, row.turn, row.supersededBy])).toEqual([
          ['old', 1, null],
          ['old', 2, 'new'],
          ['old', 3, 'new'],
          ['new', 2, null],
        ]);
      });

      it('keeps a late write of the run that was reset away from the projection', async () => {
        await ledger.record(turn('R-8', 'old', 1, {}), '1');
        await ledger.record(turn('R-8', 'new', 2, { facts: [fact(2)] }), '2');
        const late = { row: caseRow('R-8', { status: 'failed' }), facts: [fact(2), fact(3)] };
        expect(await ledger.record(turn('R-8', 'old', 2, late), '2-old')).toBe('written');
        expect(await ledger.record(turn('R-8', 'new', 3, { facts: [fact(3)] }), '3')).toBe('written');
        const file = await ledger.caseFile('R-8');
        expect(file?.row.status).toBe('open');
        expect(file?.timeline.map((one) => one.seq)).toEqual([2, 3]);
        expect((await ledger.turns('R-8')).map((row) => row.supersededBy)).toEqual([null, null, 'new', null]);
      });
    });

    describe('outbox', () => {
      it('leaves a key of another case alone: one key, one message', async () => {
        const key = 'combined/li.na/2030-03-04';
        await ledger.record(turn('O-1', 'run', 1, { messages: [message(key, { rule: 'first' })] }), '1');
        await ledger.record(turn('O-2', 'run', 1, { messages: [message(key, { rule: 'second' })] }), '1');
        expect((await ledger.caseFile('O-1'))?.messages.map((one) => one.rule)).toEqual(['first']);
        expect((await ledger.caseFile('O-2'))?.messages).toEqual([]);
        expect(await ledger.outbox(key)).toMatchObject({ caseId: 'O-1', begun: [] });

        const at = '2030-03-04T01:00:00.000Z';
        const send = order(key, { channel: 'mail', address: 'combined@example.com', at });
        const other = await ledger.beginSend({ ...send, caseId: 'O-2' });
        expect(other).toMatchObject({ caseId: 'O-1', begun: [] });
        expect((await ledger.outbox(key))?.begun).toEqual([]);
        expect(await ledger.beginSend({ ...send, caseId: 'O-1' })).toEqual(other);
        expect((await ledger.outbox(key))?.begun).toEqual(['mail']);
      });

      it('AT-29 tells a second attempt what the first began and the provider accepted', async () => {
        const [key, at] = ['O-3/m', '2030-03-04T01:00:00.000Z'];
        const begin = (channel: 'sms' | 'mail'): Promise<unknown> =>
          ledger.beginSend(order(key, { channel, address: '+8613800000003', at }));
        const nothing = { key, caseId: 'O-3', acceptedChannel: null, providerId: null };
        expect(await ledger.outbox(key)).toBeNull();
        expect(await begin('sms')).toEqual({ ...nothing, begun: [], held: null });
        expect(await begin('sms')).toEqual({ ...nothing, begun: ['sms'], held: null });
        expect(await begin('mail')).toEqual({ ...nothing, begun: ['sms'], held: null });
        await ledger.acceptSend(key, 'mail', 'provider-1');
        const accepted = {
          ...nothing,
          acceptedChannel: 'mail',
          providerId: 'provider-1',
          begun: ['sms', 'mail'],
        };
        expect(await ledger.outbox(key)).toEqual(accepted);
        expect(await begin('mail')).toEqual({ ...accepted, held: null });
      });

      it('AT-29 lets only one of ten attempts at once believe to be the first', async () => {
        const states = await Promise.all(
          Array.from({ length: 10 }, () => ledger.beginSend(order('O-6/m', { address: '+8613800000006' }))),
        );
        expect(states.filter((state) => state.begun.length === 0)).toHaveLength(1);
      });

      it('facts 5 holds what comes after others to the same address, however that is written', async () => {
        const send = (key: string, address: string, at: string): Promise<SendBegun> =>
          ledger.beginSend(order(key, { address, at, caps: [{ minutes: 60, most: 2 }] }));
        const held = async (...given: Parameters<typeof send>): Promise<unknown> =>
          (await send(...given)).held;
        expect(await held('O-4/1', 'a@example.com', '2030-03-04T01:00:00.000Z')).toBeNull();
        expect(await held('O-4/2', ' A@Example.com', '2030-03-04T01:30:00.000Z')).toBeNull();
        expect(await held('O-4/4', 'b@example.com', '2030-03-04T01:30:00.000Z')).toBeNull();
        // Itself, begun before, does not count.
        expect(await held('O-4/2', 'a@example.com', '2030-03-04T01:40:00.000Z')).toBeNull();
        const until = '2030-03-04T02:00:00.000Z';
        expect(await held('O-4/3', 'a@example.com', '2030-03-04T01:59:00.000Z')).toEqual({
          until,
          minutes: 60,
        });
        expect(await ledger.outbox('O-4/3')).toBeNull();
        expect(await held('O-4/3', 'a@example.com', until)).toBeNull();
        // What is out already is told as such, whatever else went to the address since.
        await ledger.acceptSend('O-4/1', 'sms', 'provider-1');
        expect(await send('O-4/1', 'a@example.com', until)).toMatchObject({
          acceptedChannel: 'sms',
          held: null,
        });
      });

      it('facts 5 lets one of twenty messages to one phone go that are released at once, round after round', async () => {
        const caps = [
          { minutes: 60, most: 3 },
          { minutes: 1, most: 1 },
        ];
        for (let round = 0; round < 5; round++) {
          const address = `+861390000010${round}`;
          const begun = await Promise.all(
            Array.from({ length: 20 }, (_, index) => {
              // Their cases' clocks stand some milliseconds apart.
              const at = new Date(Date.parse('2030-03-04T01:00:00.000Z') + ((index * 7) % 20)).toISOString();
              return ledger.beginSend(order(`O-7-${index}/${round}`, { address, at, caps }));
            }),
          );
          expect(begun.filter((one) => one.held === null)).toHaveLength(1);
        }
      });

      it('lists messages newest first by case and status', async () => {
        await ledger.record(
          turn('O-5', 'run', 1, {
            messages: [
              message('O-5/1', { queuedAt: '2030-03-04T01:00:00.000Z' }),
              message('O-5/2', { queuedAt: '2030-03-04T02:00:00.000Z' }),
              message('O-5/3', { queuedAt: '2030-03-04T03:00:00.000Z', status: 'failed', reason: 'contact' }),
            ],
          }),
          '1',
        );
        const keys = async (filter: Parameters<LedgerPort['messages']>[0]): Promise<string[]> =>
          (await ledger.messages(filter)).map((row) => row.key);
        expect(await keys({ caseId: 'O-5' })).toEqual(['O-5/3', 'O-5/2', 'O-5/1']);
        expect(await keys({ caseId: 'O-5', status: 'queued' })).toEqual(['O-5/2', 'O-5/1']);
        expect(await keys({ caseId: 'O-5', limit: 1 })).toEqual(['O-5/3']);
      });
    });

    describe('desk', () => {
      beforeAll(async () => {
        const cases: [string, Partial<CaseRow>, TaskRow[]][] = [
          [
            'D-1',
            { owner: 'desk.a', nextDueAt: '2030-03-05T01:00:00.000Z' },
            [task('x#1', { assignee: 'desk.a' })],
          ],
          [
            'D-2',
            {
              owner: 'desk.b',
              nextDueAt: '2030-03-04T01:00:00.000Z',
              attention: 'late',
              waitingOn: 'customer',
            },
            [task('x#1', { role: 'finance', dueAt: '2030-03-04T09:00:00.000Z' })],
          ],
          [
            'D-3',
            { owner: 'desk.a', status: 'closed', customer: 'acme' },
            [task('x#1', { assignee: 'desk.a', status: 'completed' })],
          ],
          [
            'D-4',
            { owner: 'desk.b' },
            [
              task('x#1', { assignee: 'desk.a', role: 'finance', dueAt: '2030-03-04T08:00:00.000Z' }),
              task('y#1', { assignee: 'desk.a' }),
            ],
          ],
        ];
        for (const [caseId, row, tasks] of cases) {
          await ledger.record(turn(caseId, 'run', 1, { row: caseRow(caseId, row), tasks }), '1');
        }
      });

      it('lists cases by every filter, soonest due first', async () => {
        const list = async (filter: Parameters<LedgerPort['cases']>[0]): Promise<string[]> =>
          (await ledger.cases(filter)).map((row) => row.caseId).filter((id) => id.startsWith('D-'));
        expect(await list({})).toEqual(['D-2', 'D-1', 'D-4', 'D-3']);
        expect(await list({ status: ['closed', 'failed'] })).toEqual(['D-3']);
        expect(await list({ owner: 'desk.a' })).toEqual(['D-1', 'D-3']);
        expect(await list({ assignee: 'desk.a' })).toEqual(['D-1', 'D-4']);
        expect(await list({ role: 'finance' })).toEqual(['D-2', 'D-4']);
        expect(await list({ customer: 'acme' })).toEqual(['D-3']);
        expect(await list({ waitingOn: 'customer' })).toEqual(['D-2']);
        expect(await list({ attention: true })).toEqual(['D-2']);
        expect(await list({ attention: false, owner: 'desk.b' })).toEqual(['D-4']);
        expect(await list({ process: 'complaint', owner: 'desk.b', limit: 1 })).toEqual(['D-2']);
      });

      it('lists open tasks with their case, soonest due first', async () => {
        const finance = await ledger.openTasks({ role: 'finance' });
        expect(finance.map((one) => one.caseId)).toEqual(['D-4', 'D-2']);
        expect(finance[1]).toEqual({
          ...task('x#1', { role: 'finance', dueAt: '2030-03-04T09:00:00.000Z' }),
          caseId: 'D-2',
          process: 'complaint',
          level: 'L1',
          owner: 'desk.b',
          customer: null,
          waitingOn: 'customer',
        });
        const mine = await ledger.openTasks({ assignee: 'desk.a' });
        expect(mine.map(({ caseId, key }) => `${caseId}/${key}`)).toEqual(['D-4/x#1', 'D-1/x#1', 'D-4/y#1']);
        expect(await ledger.openTasks({ caseId: 'D-4', role: 'finance' })).toHaveLength(1);
      });

      it('ONS-24 lists the answers to tasks of a process by name and time', async () => {
        const visit = (no: number, completedAt: string) =>
          task(`repairOnSite#${no}`, {
            name: 'repairOnSite',
            status: 'completed',
            completedAt,
            completedBy: 'li.na',
            answer: { no },
          });
        const row = caseRow('D-5', { process: 'repair' });
        const tasks = [
          visit(1, '2030-03-04T02:00:00.000Z'),
          visit(2, '2030-03-05T02:00:00.000Z'),
          task('repairOnSite#3', { name: 'repairOnSite' }),
          task('contact#1', { name: 'contact' }),
        ];
        await ledger.record(turn('D-5', 'run', 1, { row, tasks }), '1');
        const list = async (filter: Partial<Parameters<LedgerPort['answeredTasks']>[0]>) =>
          (await ledger.answeredTasks({ process: 'repair', names: ['repairOnSite'], ...filter })).map(
            ({ answer }) => answer['no'],
          );
        expect(await ledger.answeredTasks({ process: 'repair', names: ['repairOnSite', 'contact'] })).toEqual(
          [
            {
              caseId: 'D-5',
              name: 'repairOnSite',
              completedAt: '2030-03-04T02:00:00.000Z',
              answer: { no: 1 },
            },
            {
              caseId: 'D-5',
              name: 'repairOnSite',
              completedAt: '2030-03-05T02:00:00.000Z',
              answer: { no: 2 },
            },
          ],
        );
        expect(await list({ from: '2030-03-05T02:00:00.000Z' })).toEqual([2]);
        expect(await list({ until: '2030-03-05T02:00:00.000Z' })).toEqual([1]);
        expect(await list({ process: 'complaint' })).toEqual([]);
        expect(await list({ names: [] })).toEqual([]);
      });

      it('ONS-25 W35 a serial found while a case runs is what later cases find it by, once', async () => {
        const serials = ['JSP-30040001', 'JSP-30040009'];
        await ledger.record(turn('D-6', 'run', 1, { row: caseRow('D-6'), serials }), '1');
        await ledger.record(turn('D-6', 'run', 2, { row: caseRow('D-6'), serials: ['JSP-30040009'] }), '2');
        expect(await ledger.lookups('D-6')).toEqual(serials.map((value) => ({ kind: 'serial', value })));
        const found = await ledger.related(
          [{ kind: 'serial', value: 'JSP-30040009' }],
          '2030-03-01T00:00:00.000Z',
        );
        expect(found.map((row) => row.caseId)).toEqual(['D-6']);
      });

      it('takes back what an act brought that was refused, and tells what was there before', async () => {
        const texts = [content('refused-1'), content('refused-2')].map((row) => ({ ...row, caseId: 'D-9' }));
        expect(await ledger.putContents(texts.slice(0, 1))).toEqual(['refused-1']);
        expect(await ledger.putContents(texts)).toEqual(['refused-2']);
        expect(await ledger.putContents([])).toEqual([]);
        const paper = {
          evidence: 'ev-9',
          caseId: 'D-9',
          field: 'proof',
          sha256: sha('proof'),
          mediaType: 'text/plain',
          bytes: 5,
          name: 'proof.txt',
          addedBy: 'li.na',
          addedAt: '2030-03-04T01:00:00.000Z',
        };
        await ledger.addEvidence(paper);
        await ledger.takeBack({ contents: ['refused-2', 'never-there'], evidence: ['ev-9'] });
        expect((await ledger.contentsOf('D-9')).map(({ id }) => id)).toEqual(['refused-1']);
        expect(await ledger.evidence('D-9')).toEqual([]);
      });

      it('keeps evidence and refusals once', async () => {
        const row = {
          evidence: 'ev-1',
          caseId: 'D-1',
          field: 'signedForm',
          sha256: sha('form'),
          mediaType: 'application/pdf',
          bytes: 5_000_000_000,
          name: '王女士 签收单.pdf',
          addedBy: 'li.na',
          addedAt: '2030-03-04T01:00:00.000Z',
        };
        expect(await ledger.addEvidence(row)).toBe(true);
        expect(await ledger.addEvidence(row)).toBe(false);
        expect(await ledger.evidence('D-1')).toEqual([row]);
        expect((await ledger.caseFile('D-1'))?.evidence).toEqual([row]);
        const refused = refusal('D-1-refused', 'D-1');
        await ledger.addRefusal(refused);
        await ledger.addRefusal(refused);
        expect(await ledger.refusals('D-1')).toEqual([refused]);
      });
    });

    it('imports an organisation, counts what it did and never loses anybody', async () => {
      expect(await ledger.organisation()).toBeNull();
      expect(await ledger.roster()).toBeNull();
      const liNasPost = { to: { kind: 'staff' as const, id: 'li.na' }, contents: [], staff: [] };
      expect(await ledger.correspondence(liNasPost)).toBeNull();
      const total = 1 + 1 + 2 + 1 + 1;
      expect(await ledger.importOrganisation(organisation)).toEqual({
        added: total,
        changed: 0,
        unchanged: 0,
      });
      expect(await ledger.importOrganisation(organisation)).toEqual({
        added: 0,
        changed: 0,
        unchanged: total,
      });
      expect(await ledger.organisation()).toEqual(organisation);
      const roster = await ledger.roster();
      expect(roster && deskOf(roster)).toEqual(deskOf(organisation));

      const [wangWei, liNa] = organisation.staff;
      if (!liNa || !wangWei) throw new Error('the sample has two people');
      const later: Organisation = {
        ...organisation,
        staff: [
          { ...wangWei, id: 'new.one', aliases: ['e99'] },
          { ...liNa, absent: true, mobile: undefined },
        ],
        customers: [],
      };
      expect(await ledger.importOrganisation(later)).toEqual({ added: 1, changed: 1, unchanged: 3 });
      const now = await ledger.organisation();
      expect(now?.staff.map((one) => one.id).sort()).toEqual(['li.na', 'new.one', 'wang.wei']);
      expect(now?.customers).toEqual(organisation.customers);
      expect(await ledger.staff('li.na')).toEqual({ ...liNa, absent: true, mobile: undefined });
      expect((await ledger.staff('e1002'))?.id).toBe('wang.wei');
      expect((await ledger.staff('e99'))?.id).toBe('new.one');
      expect(await ledger.staff('nobody')).toBeNull();
      expect(await ledger.customer('acme')).toEqual(organisation.customers[0]);
      expect(await ledger.unit('city')).toEqual(organisation.units[0]);
      expect(await ledger.customer('nobody')).toBeNull();
      expect(await ledger.unit('nobody')).toBeNull();
    });

    it('W28 a bureau is written to at its first officer who wants mail', async () => {
      await ledger.importOrganisation(organisation);
      const to = { kind: 'unit', id: 'city' } as const;
      const found = await ledger.correspondence({ to, contents: [], staff: [] });
      expect(found?.recipient).toEqual({
        phone: null,
        mail: 'officer@example.com',
        language: 'zh-CN',
        name: '苏科',
      });
      const [city] = organisation.units;
      if (!city) throw new Error('the sample has a bureau');
      await ledger.importOrganisation({ ...organisation, units: [{ ...city, officers: [] }] });
      expect((await ledger.correspondence({ to, contents: [], staff: [] }))?.recipient).toMatchObject({
        mail: 'city@example.com',
        name: '市局',
      });
    });

    it('W28 an answer uses up every code of its task, and no other', async () => {
      const at = (utc: string) => `2030-03-04T${utc}:00.000Z`;
      const code = { caseId: 'F-1', taskKey: 'awaitBureau#1', unitId: 'city', madeAt: at('09:00') };
      await ledger.keepBureauCode('a', code);
      await ledger.keepBureauCode('a', { ...code, caseId: 'F-9' });
      await ledger.keepBureauCode('b', { ...code, madeAt: at('10:00') });
      await ledger.keepBureauCode('c', { ...code, taskKey: 'awaitBureau#1.2' });
      const used = { caseId: 'F-1', taskKey: 'awaitBureau#1', at: at('11:00'), requestId: 'r-1' };
      await ledger.useBureauCodes(used);
      await ledger.useBureauCodes({ ...used, at: at('12:00'), requestId: 'r-2' });
      expect(await ledger.bureauCode('a')).toEqual({ ...code, usedAt: at('11:00'), usedRequest: 'r-1' });
      expect(await ledger.bureauCode('b')).toMatchObject({ usedAt: at('11:00') });
      expect(await ledger.bureauCode('c')).toMatchObject({ usedAt: null, usedRequest: null });
      expect(await ledger.bureauCode('d')).toBeNull();
    });

    it('reads at once what a message is written with', async () => {
      await ledger.putContents([content('letter-1')]);
      const card = { name: '王女士', phone: '13800000009', mail: null, language: 'en', channel: null };
      const body = JSON.stringify(card);
      await ledger.putContents([{ ...content('letter-2'), caseId: 'T-1', body }]);
      const needs = { contents: ['letter-1', 'nothing'], staff: ['e1002', 'li.na', 'nobody'] };
      const contact = { kind: 'contact', content: 'letter-2' } as const;
      await ledger.importOrganisation(organisation);
      const found = await ledger.correspondence({ to: contact, ...needs });
      expect(found?.company).toEqual(organisation.company);
      expect(found?.recipient).toEqual(card);
      expect(found?.contents.get('letter-1')).toBe('正文 letter-1');
      expect(found?.contents.has('nothing')).toBe(false);
      expect(Object.fromEntries(found?.staff ?? [])).toEqual({
        e1002: { name: '王伟' },
        'li.na': { name: '李娜', calledAs: '李女士' },
      });
      const reader = async (to: MessageRow['to']): Promise<unknown> =>
        (await ledger.correspondence({ to, contents: [], staff: [] }))?.recipient;
      expect(await reader({ kind: 'staff', id: 'li.na' })).toEqual({
        phone: '+8613800000001',
        mail: 'li.na@example.com',
        language: 'zh-CN',
        name: '李娜',
      });
      expect(await reader({ kind: 'customer', id: 'acme' })).toMatchObject({ phone: '+8613800000002' });
      expect(await reader({ kind: 'unit', id: 'city' })).toMatchObject({
        phone: null,
        mail: 'officer@example.com',
      });
      expect(await reader({ kind: 'staff', id: 'nobody' })).toBeNull();
      await ledger.erase('T-1', ['letter-2'], {
        at: '2030-03-04T01:00:00.000Z',
        by: 'chen.hui',
        reason: 'asked',
      });
      expect(await reader(contact)).toBeNull();
    });

    describe('faults', () => {
      it('fails within 3 s while the host is down, and works again when it is back', async () => {
        await ledger.check();
        await relay.down();
        const started = Date.now();
        const answers = await Promise.allSettled(
          Array.from({ length: 20 }, () => ledger.record(turn('F-1', 'run', 1, {}), '1')),
        );
        expect(Date.now() - started).toBeLessThan(3_000);
        for (const answer of answers) {
          expect(answer).toMatchObject({
            status: 'rejected',
            reason: expect.any(LedgerUnavailable) as unknown,
          });
        }
        await relay.up();
        expect(await ledger.record(turn('F-1', 'run', 1, {}), '1')).toBe('written');
      });

      it('fails within 3 s while the host is silent, also for those who wait their turn', async () => {
        relay.silence();
        relay.cut();
        const started = Date.now();
        const answers = await Promise.allSettled(Array.from({ length: 20 }, () => ledger.check()));
        expect(Date.now() - started).toBeLessThan(3_000);
        expect(answers.every((answer) => answer.status === 'rejected')).toBe(true);
        await relay.up();
        expect(await ledger.check()).toMatch(/^PostgreSQL/);
      });

      it('survives connections cut in the middle of work, with nothing written by half', async () => {
        const work = Promise.allSettled(
          Array.from({ length: 40 }, (_, index) => ledger.receiveIntake(intake(`cut-${index}`, '20300320'))),
        );
        await new Promise((resolve) => setTimeout(resolve, 20));
        relay.cut();
        await work;
        await Promise.all(
          Array.from({ length: 40 }, (_, index) => ledger.receiveIntake(intake(`cut-${index}`, '20300320'))),
        );
        const all = await ledger.pendingIntakes();
        const numbers = all.filter((row) => row.requestId.startsWith('cut-')).map((row) => row.caseId);
        expect(numbers.sort()).toEqual(
          Array.from({ length: 40 }, (_, index) => `T20300320-${String(index + 1).padStart(3, '0')}`),
        );
      });

      it('opens while the host is down', async () => {
        const nobody = await openLedger({ url: 'postgres://postgres@127.0.0.1:1/postgres' });
        await expect(nobody.check()).rejects.toThrow('ledger unreachable');
        await nobody.close();
      });
    });
  });
}

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

function content(id: string): ContentRow {
  return { id, caseId: null, field: 'matter', sha256: sha(id), body: `正文 ${id}` };
}

function intake(requestId: string, day: string, change: Partial<IntakeRequest> = {}): IntakeRequest {
  return {
    requestId,
    process: 'complaint',
    letter: 'T',
    day,
    input: { matter: '发票打不出来', nested: { list: [1, 'two', null] } },
    contents: [{ id: `content-${requestId}`, field: 'matter', sha256: sha(requestId), body: requestId }],
    lookups: [{ kind: 'phone', value: `+86${requestId}` }],
    actor: 'li.na',
    at: '2030-03-04T01:00:00.000Z',
    ...change,
  };
}

function turn(caseId: string, runId: string, number: number, change: Partial<TurnRecord>): TurnRecord {
  return {
    caseId,
    runId,
    turn: number,
    at: `2030-03-04T0${number}:00:00.000Z`,
    row: caseRow(caseId),
    tasks: [],
    clocks: [],
    messages: [],
    facts: [],
    finalState: null,
    full: false,
    ...change,
  };
}

function caseRow(caseId: string, change: Partial<CaseRow> = {}): CaseRow {
  return {
    caseId,
    process: 'complaint',
    status: 'open',
    outcome: null,
    level: 'L1',
    rounds: 1,
    owner: 'li.na',
    grade: null,
    openedAt: '2030-03-04T01:00:00.000Z',
    receivedAt: '2030-03-04T00:59:00.000Z',
    closedAt: null,
    nextDueAt: null,
    attention: null,
    waitingOn: 'us',
    identity: 'named',
    personsConcerned: ['wang.wei'],
    customer: null,
    relatedTo: null,
    policyDigest: sha('policy'),
    responseMinutes: null,
    resolutionMinutes: 90,
    ...change,
  };
}

function task(key: string, change: Partial<TaskRow> = {}): TaskRow {
  return {
    key,
    name: key.split('#')[0] ?? key,
    round: 1,
    role: 'agent',
    assignee: null,
    status: 'open',
    rule: 'CMP-02',
    openedAt: '2030-03-04T01:00:00.000Z',
    plannedAt: null,
    dueAt: null,
    provisional: false,
    completedAt: null,
    completedBy: null,
    answer: null,
    context: null,
    ...change,
  };
}

function clock(key: string): ClockRow {
  return {
    key,
    name: key.split('#')[0] ?? key,
    round: 1,
    calendar: 'office',
    limitMinutes: 30,
    limitText: '30 min',
    rule: 'CMP-02',
    startedAt: '2030-03-04T01:00:00.000Z',
    dueAt: '2030-03-04T01:30:00.000Z',
    pausedAt: null,
    stoppedAt: null,
    breachedAt: null,
    usedMinutes: 0,
    provisional: false,
    spans: [{ from: '2030-03-04T01:00:00.000Z', to: null }],
  };
}

function message(key: string, change: Partial<MessageRow> = {}): MessageRow {
  return {
    key,
    template: 'acknowledgement',
    to: { kind: 'staff', id: 'li.na' },
    channels: ['sms', 'mail'],
    params: { case: 'R-1', due: { at: '2030-03-04T01:30:00.000Z' }, count: 2 },
    urgency: 'normal',
    queuedAt: '2030-03-04T01:00:00.000Z',
    notBefore: null,
    status: 'queued',
    channel: null,
    at: null,
    reason: null,
    rule: 'CMP-03',
    ...change,
  };
}

/** A send of the case its key begins with. */
function order(key: string, change: Partial<SendOrder> = {}): SendOrder {
  return {
    key,
    caseId: key.split('/')[0] ?? key,
    channel: 'sms',
    address: '+8613800000000',
    at: '2030-03-04T01:00:00.000Z',
    caps: [],
    ...change,
  };
}

function fact(seq: number, change: Partial<Fact> = {}): Fact {
  const at: Instant = '2030-03-04T01:00:00.000Z';
  return { seq, at, what: 'noted', actor: 'li.na', rule: 'CMP-02', data: {}, ...change };
}

function refusal(requestId: string, caseId: string | null = null): Parameters<LedgerPort['addRefusal']>[0] {
  return {
    caseId,
    actor: 'li.na',
    act: 'completeTask',
    code: 'task.notOpen',
    at: '2030-03-04T01:00:00.000Z',
    requestId,
    data: { task: 'acknowledge#1' },
  };
}

const organisation: Organisation = {
  schema: 'aftercare.organisation/1',
  company: {
    name: '安信税控服务有限公司',
    smsSignature: '安信税控',
    hotline: '400-000-0000',
    place: '长沙',
    hours: '9:00-17:30',
    mailFrom: 'service@example.com',
    recourseBodies: '12366',
  },
  departments: [{ id: 'service', name: '客服部', head: 'li.na' }],
  staff: [
    {
      id: 'wang.wei',
      aliases: ['e1002', 'a-second-one'],
      name: '王伟',
      roles: ['engineer', 'onCall'],
      department: 'service',
      language: 'zh-CN',
      substitute: 'li.na',
      absent: false,
    },
    {
      id: 'li.na',
      aliases: [],
      name: '李娜',
      calledAs: '李女士',
      roles: ['agent'],
      department: 'service',
      mail: 'li.na@example.com',
      mobile: '+8613800000001',
      language: 'zh-CN',
      absent: false,
    },
  ],
  units: [
    {
      id: 'city',
      name: '市局',
      kind: 'bureau',
      mail: 'city@example.com',
      language: 'zh-CN',
      hours: '工作日 09:00–17:00',
      officers: [
        { id: 'counter', name: '窗口', phone: '0571-5550171', prefers: 'phone' },
        { id: 'officer', name: '苏科', mail: 'officer@example.com', prefers: 'mail' },
      ],
    },
  ],
  customers: [
    {
      id: 'acme',
      name: '长沙某某贸易',
      mobile: '+8613800000002',
      channel: 'sms',
      language: 'en',
      tags: ['vip'],
    },
  ],
};
