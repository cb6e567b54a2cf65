/**
 * The issuance manual (公司发行安装服务流程): information, issuance at the tax bureau, installation, handover. Ends
 * with the feature code told, the follow-up done and nothing left in anybody's hands (ISS-24).
 */
import { balance, ISSUANCE_TASKS as TASKS, kitOf } from '../../domain/issuance.js';
import { dayOf } from '../../domain/calendar.js';
import type { CaseOutcome } from '../case/messages.js';
import { beside, rescheduled } from '../case/kase.js';
import { runCase } from '../case/run.js';
import { aboutAppointment, bookingOf, bookingsOf, moneyHeld } from '../case/visits.js';
import {
  askBureau,
  askedAgainAt,
  bureauActor,
  bureauCloses,
  bureauOpensNext,
  carriedOver,
  issuanceProcess,
  priceKnown,
  restToAgree,
  sparesToReturn,
  splitOrder,
  tellLead,
  tellNoSlot,
  toBorrow,
  visitAgreed,
  type IssuanceCase,
  type IssuanceStart,
} from './process.js';

/** An appointment at the bureau. */
interface Slot {
  from: string;
  to: string;
  /** The trip it is part of (W20). */
  trip?: string | undefined;
}

export async function issuance(start: IssuanceStart): Promise<CaseOutcome> {
  return runCase(start, issuanceProcess, async (kase) => {
    await kase.task(TASKS.prepare, carriedOver(kase)); //               ISS-01..06, REG-03

    do {
      await issuedAtBureau(kase); //                                    ISS-07..12, D4
      returnSpares(kase); //                                            ISS-22, D3
      await kase.task(TASKS.agreeInstallation, visiting); //            ISS-13
    } while (!(await installedOnSite(kase))); //                        ISS-14..17, ISS-20

    const rest = beside(restAgreed(kase)); //                           W21
    await kase.task(TASKS.signContract, visiting); //                   ISS-18, REG-06, W24
    await kase.until(() => priceKnown(kase)); //                        W21
    if (kase.keep('owed', () => ({ balance: balance(kase.data.due, kase.data.paid) })).balance > 0)
      await kase.task(TASKS.collectBalance, visiting); //               ISS-19, D1

    await handedOver(kase); //                                          ISS-21..23
    await activated(kase); //                                           ISS-23, ISS-24, D6
    const partly = kase.data.lines.some((line) => line.state !== 'installed');
    if (partly) await rest; //                                          W21
    return kase.close(partly ? 'activatedPartly' : 'activated', 'ISS-24');

    function visiting() {
      return { assignee: kase.data.technician };
    }
  });
}

/**
 * What could not be installed goes on in a case of its own if the customer agrees, is given up, or the customer is asked
 * again on a day he names (W21). Beside what is installed, which waits for none of it.
 */
async function restAgreed(kase: IssuanceCase): Promise<void> {
  for (;;) {
    const { rest } = kase.keep('rest', () => ({ rest: restToAgree(kase) }));
    if (rest === null) return;
    const said = await kase.task(TASKS.agreeSplit, { context: rest });
    if (said.decision === 'cancel') return;
    if (said.decision === 'split') {
      const newCase = await kase.parted('split', splitOrder(kase), 'W21');
      kase.once('splitTold', () =>
        kase.tellCustomer('iss.split', { rule: 'W21', params: { newCaseNo: newCase } }),
      );
      return;
    }
    await kase.waitUntil('askRestAgain', () => askedAgainAt(kase, said.againOn!));
  }
}

/** A visit at a time the bureau agrees to, until every device has its result in the officer's presence. */
async function issuedAtBureau(kase: IssuanceCase): Promise<void> {
  for (;;) {
    const visit = await agreedVisit(kase); //                           ISS-07, W28
    if (
      kase.keep('toBorrow', () => ({ any: kase.data.lines.some((line) => line.state === 'ordered') })).any
    ) {
      const borrowed = await kase.task(TASKS.borrowDevices, () => ({
        dueAt: visit.from,
        context: toBorrow(kase),
        movable: 'issuance',
      })); //                                                           ISS-08, ISS-09
      if (rescheduled(borrowed)) continue;
      if (visit.trip === undefined) kase.file('borrowSlip', 'ISS-08');
    }
    const end = await issuedInPresence(kase, visit); //              ISS-10..12
    if (end === 'issued') return;
    if (end === 'away') await kase.task(TASKS.afterClosing); //         D4
  }
}

/** In the officer's presence or not at all; `nothing`: every device failed, others are fetched for another visit. */
async function issuedInPresence(kase: IssuanceCase, visit: Slot): Promise<'issued' | 'nothing' | 'away'> {
  for (;;) {
    const done = await kase.task(TASKS.issueDevices, () => {
      // A trip may have moved since.
      const until = (visit.trip === undefined ? visit : kase.state.trip!).to;
      return {
        assignee: kase.data.technician,
        dueAt: until > kase.now ? until : kase.limitFrom({ minutes: 30 }, 'wall'),
        movable: 'issuance',
      };
    }); //                                                             ISS-10, ISS-11
    if (rescheduled(done)) return 'away';
    if (done.officerPresent) {
      const { any } = kase.keep('issued', () => ({
        any: kase.data.lines.some((line) => line.state === 'issued'),
      }));
      return any ? 'issued' : 'nothing'; //                             ISS-25, W21
    }
    if (!(await officerCame(kase))) return 'away'; //                   ISS-12
  }
}

/**
 * An officer who wants mail is asked in writing. Else, or when that came to nothing, we telephone until the bureau
 * names a time; it has two workdays, then the lead hears of it (W12, W28).
 */
async function agreedVisit(kase: IssuanceCase): Promise<Slot> {
  const byMail = kase.data.bureauByMail === true ? await agreedByMail(kase) : null;
  if (byMail !== null) return byMail;
  for (;;) {
    const call = await kase.task(TASKS.callBureau);
    if (call.trip !== undefined)
      return { ...kase.keep('onTrip', () => visitAgreed(kase, call)), trip: call.trip }; // W20
    if (call.result !== 'declined') return { from: call.from!, to: call.to! };
    await kase.waitUntil('bureauAgain', () => bureauOpensNext(kase));
  }
}

/** Asked by mail, with an invitation and a code to answer with; null: silence, a no, or a time we cannot keep (W28). */
async function agreedByMail(kase: IssuanceCase): Promise<Slot | null> {
  const request = await kase.task(TASKS.requestBureau); //              ISS-07
  if (request.trip !== undefined)
    return { ...kase.keep('onTrip', () => visitAgreed(kase, request)), trip: request.trip }; // W20
  const asked = { from: request.from!, to: request.to! };
  const answer = await kase.wait(TASKS.awaitBureau, 'waitingTaxBureau', (key) => {
    askBureau(kase, asked, key);
    return { party: bureauActor(kase), context: asked };
  });
  if (answer?.result === 'accept') return asked;
  if (answer?.result === 'otherTime') {
    const other = { from: answer.from!, to: answer.to! };
    const set = await kase.task(TASKS.confirmBureau, { context: other });
    if (set.result === 'confirmed') return { from: set.from!, to: set.to! };
  }
  await kase.effect('slotGivenUp', () => kase.holdings.release(bookingsOf(kase, 'issuance')));
  kase.once('noSlot', () => tellNoSlot(kase, answer?.result)); //       W12
  return null;
}

/** Stop and wait, never continue alone; false when the bureau closed over it (ISS-12, D4). */
async function officerCame(kase: IssuanceCase): Promise<boolean> {
  const closing = kase.keep('closing', () => ({ at: bureauCloses(kase, kase.now) }));
  if (closing.at === null) return false;
  const back = await kase.wait(TASKS.awaitOfficer, 'waitingTaxBureau', {
    assignee: kase.data.technician,
    dueAt: closing.at,
  });
  return back !== null;
}

/**
 * The customer's appointment, made again as often as the backup is missing at the door (ISS-14, ISS-15, ISS-25). False:
 * no device works, others are fetched and issued.
 */
async function installedOnSite(kase: IssuanceCase): Promise<boolean> {
  for (;;) {
    const visit = await customerVisit(kase); //                         ISS-14
    const door = await kase.task(TASKS.checkBackup, () => ({
      assignee: visit.technician,
      dueAt: visit.to,
      movable: 'installation',
    })); //                                                             ISS-15
    if (rescheduled(door) || door.backup === 'notDone') continue;
    if (door.backup === 'impossible') kase.once('risk', () => tellLead(kase, 'W23'));
    const installed = await kase.task(TASKS.install, () => ({
      assignee: visit.technician,
      dueAt: visit.to > kase.now ? visit.to : kase.limitFrom({ hours: 2 }, 'department'),
      context: kitOf(
        kase.policy.issuance.kits,
        kase.data.lines.map((line) => line.family),
      ),
      movable: 'installation',
    })); //                                                             ISS-16, ISS-17, ISS-20
    if (rescheduled(installed)) continue;
    return kase.keep('installed', () => ({
      any: kase.data.lines.some((line) => line.state === 'installed'),
    })).any;
  }
}

/** The appointment made with the customer: the first one if it still stands, else a new one. */
async function customerVisit(kase: IssuanceCase): Promise<{ technician: string; to: string }> {
  const standing = kase.keep('standingVisit', () => {
    const booking = bookingOf(kase, 'installation');
    return booking === undefined ||
      booking.from < kase.now ||
      kase.openTaskNamed('moveInstallation') !== undefined
      ? {}
      : { technician: booking.who, to: booking.to };
  });
  if (standing.technician !== undefined) return { technician: standing.technician, to: standing.to! };
  const visit = await kase.task(TASKS.bookInstallation, () => {
    kase.mootAll(['moveInstallation'], 'booked');
    return { context: { officerInstallAt: kase.answerOf('agreeInstallation')!.officerInstallAt } };
  });
  kase.once('told', () =>
    kase.tellCustomer('iss.appointment', {
      rule: 'ISS-14',
      params: { staff: { staff: visit.technician }, time: { at: visit.from } },
      ...aboutAppointment(kase, 'installation'),
    }),
  );
  return visit;
}

/** Finance first, then the warehouse for what was sold; the form to technical service at any time (ISS-21..23). */
async function handedOver(kase: IssuanceCase): Promise<void> {
  kase.file('activationForm', 'ISS-23');
  await Promise.all([
    (async () => {
      await kase.task(TASKS.handInMoney, () => ({ context: { amount: moneyHeld(kase) } })); // ISS-21
      await kase.task(TASKS.clearSlip); //                              ISS-22
    })(),
    kase.task(TASKS.handInForm), //                                     ISS-23
  ]);
}

/** The feature code: applied for, waited for, told after checking who asks, and used (ISS-24, D6). */
async function activated(kase: IssuanceCase): Promise<void> {
  kase.once('applied', () =>
    kase.tellCustomer('iss.codeApplied', {
      rule: 'ISS-23',
      params: {
        date: {
          on: dayOf(
            kase.limitFrom(kase.policy.clocks.featureCode!.limit, kase.policy.clocks.featureCode!.calendar),
            kase.offsetMinutes,
          ),
        },
      },
    }),
  );
  await kase.task(TASKS.receiveCode);
  await kase.task(TASKS.tellCode, (key) => {
    const by = kase.limitFrom(kase.policy.clocks.telling!.limit, kase.policy.clocks.telling!.calendar);
    kase.tellCustomer('iss.codeReady', {
      rule: 'ISS-24',
      params: { staff: { staff: kase.owner }, time: { at: by } },
      mootWith: key,
      usefulUntil: by,
      calledAnyway: true,
    });
    return { context: { code: kase.answerOf('receiveCode')!.code } };
  });
  for (;;) {
    const call = await kase.task(TASKS.followUpActivation);
    if (call.state === 'inUse') return;
    await kase.waitUntil('followUpAgain', () => kase.limitFrom({ workdays: 1 }, 'workdays'));
  }
}

/** Whatever is left over goes back the same day, beside everything else (ISS-22, D3). */
function returnSpares(kase: IssuanceCase): void {
  kase.once('spares', () => {
    const items = sparesToReturn(kase);
    if (items.length === 0) return;
    kase.duty(TASKS.returnItems, {
      role: 'warehouse',
      context: { items, holder: kase.data.technician, to: 'place/warehouse', reason: 'spares' },
      holdsClosing: true,
    });
  });
}
