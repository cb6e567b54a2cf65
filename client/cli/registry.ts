/**
 * Every command by name, with what help needs to list it. The files themselves are imported only when they are meant,
 * so that `aftercare --help` is quick.
 */
import type { Command, Entry, Group } from './command.js';
import { BARE } from './flags.js';

// A command is typed by its own input; the registry only hands it on to the adapter, which parses with that input.
type Module = Promise<{ default: unknown }>;

function entry(name: string, group: Group, summary: string, load: () => Module): Entry {
  return { name, group, summary, load: async () => (await load()).default as Command };
}

export const ENTRIES: readonly Entry[] = [
  entry(BARE, 'Now', 'what you must do now', () => import('./commands/bare.js')),
  entry(
    'next',
    'Now',
    'your most urgent task: its form, why it is due, who hears if it slips',
    () => import('./commands/next.js'),
  ),
  entry(
    'inbox',
    'Now',
    'your tasks: LATE, TODAY, LATER, and what waits on others',
    () => import('./commands/inbox.js'),
  ),
  entry(
    'task show',
    'Tasks',
    'one task: its form, its due time, what it needs to know',
    () => import('./commands/task-show.js'),
  ),
  entry(
    'task claim',
    'Tasks',
    'take a task of your role that nobody has',
    () => import('./commands/task-claim.js'),
  ),
  entry('task release', 'Tasks', 'give a task back to its role', () => import('./commands/task-release.js')),
  entry(
    'task complete',
    'Tasks',
    'answer a task; at a terminal its form is asked field by field',
    () => import('./commands/task-complete.js'),
  ),
  entry(
    'task correct',
    'Tasks',
    'add a correction to an answer; the first answer stays on the record',
    () => import('./commands/task-correct.js'),
  ),
  entry(
    'task reassign',
    'Tasks',
    'hand a task, or the whole case, to somebody else',
    () => import('./commands/task-reassign.js'),
  ),
  entry(
    'complaint open',
    'Cases',
    'enter a complaint; any member of staff may',
    () => import('./commands/complaint-open.js'),
  ),
  entry(
    'repair open',
    'Cases',
    'enter a fault as it is told on the telephone, with the ordered diagnosis (HOT-05)',
    () => import('./commands/repair-open.js'),
  ),
  entry(
    'issuance open',
    'Cases',
    'enter a request for special devices; the legal three workdays begin (REG-01)',
    () => import('./commands/issuance-open.js'),
  ),
  entry(
    'case list',
    'Cases',
    'cases: open ones, the late, the stuck, those of a customer',
    () => import('./commands/case-list.js'),
  ),
  entry(
    'case show',
    'Cases',
    'a case: where it stands, its tasks, clocks and answers',
    () => import('./commands/case-show.js'),
  ),
  entry(
    'case why',
    'Cases',
    'how each deadline came about, interval by interval, and what comes next on it',
    () => import('./commands/case-why.js'),
  ),
  entry(
    'case timeline',
    'Cases',
    'what happened, when, by whom, under which rule',
    () => import('./commands/case-timeline.js'),
  ),
  entry(
    'case watch',
    'Cases',
    'a case as it moves, until Ctrl-C or until it closes',
    () => import('./commands/case-watch.js'),
  ),
  entry(
    'case note',
    'Cases',
    'record progress, or what was learned; a note counts as progress (ESC-11)',
    () => import('./commands/case-note.js'),
  ),
  entry(
    'case attach',
    'Cases',
    'put a file on the record, with its SHA-256',
    () => import('./commands/case-attach.js'),
  ),
  entry(
    'case pause',
    'Cases',
    'wait for somebody: clocks stop; the wait has its own limit (W12)',
    () => import('./commands/case-pause.js'),
  ),
  entry(
    'case resume',
    'Cases',
    'end a wait; clocks go on with exactly what was left',
    () => import('./commands/case-resume.js'),
  ),
  entry(
    'case raise',
    'Cases',
    'raise the level: one up, or to the level named (D15)',
    () => import('./commands/case-raise.js'),
  ),
  entry(
    'case withdraw',
    'Cases',
    "the complainant takes it back, in their own words; somebody else checks it's their will (W33)",
    () => import('./commands/case-withdraw.js'),
  ),
  entry(
    'case reopen',
    'Cases',
    'take a closed case up again: next round, one level up (W34)',
    () => import('./commands/case-reopen.js'),
  ),
  entry(
    'case merge',
    'Cases',
    'take it together with an earlier case, which keeps the stricter grade (W36)',
    () => import('./commands/case-merge.js'),
  ),
  entry(
    'case reclassify',
    'Cases',
    'it is no complaint: a supervisor must agree (W6)',
    () => import('./commands/case-reclassify.js'),
  ),
  entry(
    'case cancel',
    'Cases',
    'end a case that should not be; what was borrowed or booked is given back',
    () => import('./commands/case-cancel.js'),
  ),
  entry(
    'agenda',
    'Visits',
    "a day's appointments by time, with what to take along",
    () => import('./commands/agenda.js'),
  ),
  entry(
    'bookings free',
    'Visits',
    'the next times somebody is free',
    () => import('./commands/bookings-free.js'),
  ),
  entry(
    'faults report',
    'Visits',
    'faults found on visits, counted: what breaks most, where, and how often it is solved at once (ONS-24)',
    () => import('./commands/faults-report.js'),
  ),
  entry(
    'stock import',
    'Custody',
    'take devices and spares into stock by serial number, from CSV',
    () => import('./commands/stock-import.js'),
  ),
  entry(
    'stock list',
    'Custody',
    'devices and spares in the warehouse, and who has the others',
    () => import('./commands/stock-list.js'),
  ),
  entry(
    'custody list',
    'Custody',
    'who holds what, since when, and when it is due back',
    () => import('./commands/custody-list.js'),
  ),
  entry(
    'device show',
    'Custody',
    "a device's life: every holder, who gave it, who took it, for which case",
    () => import('./commands/device-show.js'),
  ),
  entry(
    'org import',
    'People',
    'read the organisation (YAML) and its customers (CSV) into the ledger',
    () => import('./commands/org-import.js'),
  ),
  entry(
    'org show',
    'People',
    'the company, its departments; staff, customers or units on demand',
    () => import('./commands/org-show.js'),
  ),
  entry(
    'staff list',
    'People',
    'who works here: ids, roles, who is absent and who stands in',
    () => import('./commands/staff-list.js'),
  ),
  entry(
    'whoami',
    'People',
    'who acts here, and what that person may do',
    () => import('./commands/whoami.js'),
  ),
  entry(
    'policy check',
    'Rules',
    'is a policy valid, and how far do its calendars reach',
    () => import('./commands/policy-check.js'),
  ),
  entry(
    'policy show',
    'Rules',
    'the numbers in force, or one part of them',
    () => import('./commands/policy-show.js'),
  ),
  entry(
    'policy explain-clock',
    'Rules',
    'how a deadline comes about, interval by interval, without a case',
    () => import('./commands/policy-explain-clock.js'),
  ),
  entry(
    'policy diff',
    'Rules',
    'what another policy changes, and which open deadlines would move',
    () => import('./commands/policy-diff.js'),
  ),
  entry(
    'policy adopt',
    'Rules',
    'put open cases under another policy, on the record; time already used is kept',
    () => import('./commands/policy-adopt.js'),
  ),
  entry(
    'calendar show',
    'Rules',
    'a month or a year as the clocks see it: workdays, holidays, make-up days',
    () => import('./commands/calendar-show.js'),
  ),
  entry(
    'calendar check',
    'Rules',
    'is a holiday file sound: days in range, none both off and worked, make-up days on weekends',
    () => import('./commands/calendar-check.js'),
  ),
  entry(
    'mailbox list',
    'Mail',
    'mail and SMS filed in the local mailbox, newest last',
    () => import('./commands/mailbox-list.js'),
  ),
  entry(
    'mailbox show',
    'Mail',
    'one mail or SMS as it was filed',
    () => import('./commands/mailbox-show.js'),
  ),
  entry(
    'message list',
    'Mail',
    'what was sent, is waiting, or failed, and why',
    () => import('./commands/message-list.js'),
  ),
  entry(
    'audit export',
    'Proof',
    "a case's histories, policies, facts and hashes as a folder that proves itself",
    () => import('./commands/audit-export.js'),
  ),
  entry(
    'audit replay',
    'Proof',
    "does today's code ask for the same as the recorded history",
    () => import('./commands/audit-replay.js'),
  ),
  entry(
    'audit timeline',
    'Proof',
    'the story an auditor reads, of a case or of an export: who, what, when, under which rule',
    () => import('./commands/audit-timeline.js'),
  ),
  entry(
    'audit verify',
    'Proof',
    'is an export whole and unchanged; names the record that is not',
    () => import('./commands/audit-verify.js'),
  ),
  entry(
    'demo',
    'Try',
    'one complaint narrated, the other scenarios a line each; months in seconds',
    () => import('./commands/demo.js'),
  ),
  entry(
    'simulate',
    'Try',
    'run scenario files on a throw-away stack under the virtual clock',
    () => import('./commands/simulate.js'),
  ),
  entry(
    'up',
    'Run',
    'run the whole stack here, on embedded parts where settings name none',
    () => import('./commands/up.js'),
  ),
  entry(
    'status',
    'Run',
    'is it running, where is everything, how many cases are open',
    () => import('./commands/status.js'),
  ),
  entry('doctor', 'Run', 'checks every part and names the remedy', () => import('./commands/doctor.js')),
  entry(
    'intake list',
    'Run',
    'complaints received but not started: nothing is lost, they wait here',
    () => import('./commands/intake-list.js'),
  ),
  entry(
    'intake retry',
    'Run',
    'start every intake that waits; safe to repeat',
    () => import('./commands/intake-retry.js'),
  ),
  entry(
    'migrate',
    'Run',
    'bring ledger and Temporal up to this version: tables, search attributes',
    () => import('./commands/migrate.js'),
  ),
  entry(
    'completion',
    'Run',
    'completion for your shell: commands and flags',
    () => import('./commands/completion.js'),
  ),
];
