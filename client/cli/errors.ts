/** What went wrong, in one shape for people and for programs: code, message, fields, remedy, request id. */
import { DeskError, EXIT } from '../api.js';

/** A line that cannot be read; exit 64, nothing was done. */
export class UsageError extends DeskError {
  constructor(code: string, message: string, remedy: string, field?: string) {
    super(code, message, { exit: EXIT.usage, remedy, ...(field ? { fields: [{ field, message }] } : {}) });
  }
}

/** Ctrl-C at a prompt. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export interface Trouble {
  exit: number;
  code: string;
  message: string;
  fields: { field: string; message: string }[];
  remedy: string | null;
  requestId: string | null;
}

interface Problem {
  file?: string;
  line?: number | null;
  path?: string;
  value?: string;
  allowed?: string;
}

/** Errors of other rooms that speak for themselves, by name: importing their classes would import their rooms. */
const KNOWN: Record<string, { code: string; exit: number; remedy: string }> = {
  ConfigError: { code: 'config.invalid', exit: EXIT.usage, remedy: 'change or unset the settings named' },
  FileError: {
    code: 'file.invalid',
    exit: EXIT.refused,
    remedy: 'mend the places named; --dry-run checks a file and writes nothing',
  },
  PolicyError: {
    code: 'policy.invalid',
    exit: EXIT.refused,
    remedy: 'mend the places named, then: aftercare policy check FILE',
  },
  TemplateLintError: {
    code: 'template.invalid',
    exit: EXIT.refused,
    remedy: 'mend the templates named, then: aftercare doctor',
  },
  ScenarioError: {
    code: 'scenario.invalid',
    exit: EXIT.usage,
    remedy: 'mend the lines named; nothing was run. Scenarios that work: examples/scenarios',
  },
  ConnectionError: { code: 'temporal.unreachable', exit: EXIT.unreachable, remedy: 'aftercare doctor' },
  StackError: {
    code: 'stack.notRunning',
    exit: EXIT.unreachable,
    remedy: 'npx aftercare up, then aftercare doctor',
  },
  NoWorkerError: {
    code: 'rollout.noWorker',
    exit: EXIT.unreachable,
    remedy: 'start a worker of this version first, then: aftercare rollout',
  },
  EngineError: { code: 'engine.missing', exit: EXIT.unreachable, remedy: 'aftercare doctor' },
  CalendarError: {
    code: 'calendar.invalid',
    exit: EXIT.refused,
    remedy: 'mend it, then: aftercare calendar check FILE',
  },
};

function fieldOf(problem: Problem): { field: string; message: string } {
  const place = [problem.file, problem.line ?? undefined].filter((part) => part !== undefined).join(':');
  const value = problem.value === undefined ? '' : `"${problem.value}": `;
  return {
    field: [place, problem.path].filter(Boolean).join(' '),
    message: `${value}${problem.allowed ?? ''}`,
  };
}

/** `clocks.x.limit: expected number`: where, and what is wrong there. */
function splitProblem(text: string): { field: string; message: string } {
  const colon = text.indexOf(': ');
  return colon < 0
    ? { field: '', message: text }
    : { field: text.slice(0, colon), message: text.slice(colon + 2) };
}

/** What to do about a refusal of a case: the case says no, the desk says how to go on. */
const REMEDIES: Record<string, string> = {
  'task.roleNotAllowed':
    'who may: aftercare staff list --role ROLE; hand it over: aftercare task reassign CASE --task NAME --to STAFF --reason …',
  'task.leadOnly':
    'who may: aftercare staff list --role supervisor; the lead sends the same command with --as LEAD',
  'task.personExcluded':
    'somebody else must do it: aftercare task reassign CASE --task NAME --to STAFF --reason …',
  'task.notOpen': 'what is open: aftercare case show CASE; to mend an answer: aftercare task correct',
  'task.notYours': 'take it over: aftercare task claim CASE --task NAME',
  'task.notAnswered': 'answer it: aftercare task complete CASE --task NAME',
  'case.closed': 'if it is not solved: aftercare case reopen CASE --reason …',
  'case.personConcerned': 'a colleague must do it: aftercare task reassign CASE --to STAFF --reason …',
  'case.alreadyPaused': 'aftercare case resume CASE first',
  'case.notPaused': 'where it stands: aftercare case show CASE',
  'case.waitsForTask': 'aftercare task complete CASE --task NAME ends the wait',
  'case.ending': 'follow it: aftercare case watch CASE',
  'case.alreadyAsked': 'a supervisor answers approveReclassification first',
  'pause.tooLong': 'name an earlier --until, or none',
  'pause.untilPast': 'name a later --until',
  'level.highest': 'there is no level above',
  'level.notHigher': 'levels: L1, L2, supervisor, L3, generalManager; name a higher one',
  'content.notFound': 'ids: aftercare content list CASE',
  'custody.unknownItem':
    'numbers of stock: aftercare stock list; what is new to us: aftercare stock import FILE',
  'custody.otherKind':
    'take one of the kind asked for: aftercare stock list; what this is: aftercare device show ITEM',
  'custody.heldByOther':
    'its whole way: aftercare device show ITEM; hand it over there first, or take another one',
  'custody.notHeld': 'what is held for the case: aftercare custody list --case CASE',
  'trip.notOpen': 'another trip, or a time of its own: answer without trip',
  'trip.mismatch': 'another trip, or a time of its own: answer without trip',
  'trip.notOn': 'answer callBureau with the trip first: aftercare task complete CASE --task callBureau',
  'trip.noSlip': 'aftercare task complete TRIP --task borrowSpares',
  'trip.casesOn':
    'give their results (issueDevices), or take them off: aftercare case reschedule CASE --appointment issuance',
  'merge.itself': 'name the earlier case with --into',
  'act.roleNotAllowed': 'who may: aftercare staff list --role supervisor',
  'staff.unknown': 'ids: aftercare staff list',
  'policy.same': 'nothing to do',
  'request.tooOld': 'where it stands: aftercare case show CASE; a new act needs a new request id',
};

function codeOf(error: unknown, fallback: string): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : fallback;
}

/** Any error as trouble a person can act on. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof DeskError) {
    return {
      exit: error.exit,
      code: error.code,
      message: error.message,
      fields: error.details.fields ?? [],
      remedy: error.details.remedy ?? REMEDIES[error.code] ?? null,
      requestId: error.details.requestId ?? null,
    };
  }
  if (error instanceof Interrupted) {
    return {
      exit: EXIT.interrupted,
      code: 'interrupted',
      message: 'nothing was sent',
      fields: [],
      remedy: null,
      requestId: null,
    };
  }
  const known = error instanceof Error ? KNOWN[error.name] : undefined;
  const { problems, file } = error as { problems?: unknown; file?: unknown };
  const fields = Array.isArray(problems)
    ? problems.map((each) => (typeof each === 'string' ? splitProblem(each) : fieldOf(each as Problem)))
    : [];
  const message = error instanceof Error ? error.message : String(error);
  return {
    exit: known?.exit ?? EXIT.failed,
    code: known ? codeOf(error, known.code) : 'unexpected',
    // With a list of problems the message would only repeat them.
    message: fields.length
      ? `${typeof file === 'string' ? `${file}: ` : ''}${fields.length} thing${fields.length === 1 ? '' : 's'} to mend`
      : message,
    fields,
    remedy: known ? known.remedy : 'aftercare doctor; the same with --verbose shows the cause',
    requestId: null,
  };
}
