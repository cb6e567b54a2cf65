/**
 * The repair manual (上门服务流程): help on the telephone first, a visit where it is due, every fault fixed or moved on,
 * nothing left in anybody's hands, and a call within the week. What is not solved is visited again, one level up.
 */
import { REPAIR_TASKS as TASKS } from '../../domain/repair.js';
import type { CaseOutcome } from '../case/messages.js';
import { rescheduled } from '../case/kase.js';
import { SYSTEM } from '../case/system.js';
import { runCase } from '../case/run.js';
import { moneyHeld } from '../case/visits.js';
import {
  approvalDue,
  beginNextVisit,
  contactOptions,
  faultsLeft,
  followUpPlan,
  giveBack,
  laterOf,
  leadsOf,
  outOfContract,
  owed,
  promisedReturn,
  repairProcess,
  replaced,
  replacementOrder,
  suspendedUntil,
  tellingDue,
  tellLead,
  triedEnough,
  type RepairCase,
  type RepairInput,
  type RepairStart,
} from './process.js';

export async function repair(start: RepairStart): Promise<CaseOutcome> {
  return runCase(start, repairProcess, async (kase) => {
    if (await solvedRemotely(kase)) return kase.close('solvedRemotely', 'HOT-06'); // HOT-05, HOT-06
    if (!(await visitApproved(kase))) return kase.close('visitRefused', 'ONS-27'); // HOT-08, W15

    for (const _visit of kase.rounds()) {
      const met = await visited(kase); //                               ONS-01..16, W22, W30
      if (met !== 'visited') return kase.close(met, met === 'paidDeclined' ? 'ONS-09' : 'W30');
      await kase.task(TASKS.signForm, visiting); //                     ONS-17, ONS-23, W24
      await feeCollected(kase); //                                      ONS-09, D1
      kase.once('giveBack', () => giveBack(kase)); //                   ONS-22, D8
      await Promise.all([handedIn(kase), throughWorkshop(kase), replacementIssued(kase)]);

      if (kase.keep('left', () => ({ faults: faultsLeft(kase) })).faults === 0) {
        const call = await followedUp(kase); //                         ONS-26, D9
        if (call !== 'problem') return kase.close(outcome(), 'ONS-26');
      }
      kase.once('nextVisit', () => beginNextVisit(kase)); //            ONS-27: never closed by itself
    }
    throw new Error('visits go on until a repair is closed');

    function visiting() {
      return { assignee: kase.data.technician };
    }
    function outcome(): string {
      return kase.data.faults.some((fault) => fault.result === 'solved') ? 'repaired' : 'movedOn';
    }
  });
}

/** Remote help first; what cannot be solved now is simulated by a named person, who calls back as promised. */
async function solvedRemotely(kase: RepairCase): Promise<boolean> {
  const { form } = kase.start.intake as RepairInput;
  const help =
    form.remote !== undefined
      ? await kase.given(TASKS.helpRemotely, form.remote, kase.start.actor.id)
      : await kase.task(TASKS.helpRemotely, { since: kase.state.row.receivedAt }); // HOT-05
  if (help.result !== 'simulate') return help.result === 'solved';
  for (;;) {
    const found = await kase.task(TASKS.simulateFault, () => ({
      assignee: help.engineer!,
      ...(kase.state.promise === null ? {} : { dueAt: kase.state.promise.dueAt }),
    })); //                                                             HOT-06, HOT-18
    if (found.result !== 'longer') return found.result === 'solved';
  }
}

/** The responsible lead approves; who does not answer in time is passed over, a refusal may be taken further (W15). */
async function visitApproved(kase: RepairCase): Promise<boolean> {
  const { leads } = kase.keep('leads', () => ({ leads: leadsOf(kase) }));
  for (const [i, lead] of leads.entries()) {
    const last = i === leads.length - 1;
    const said = await kase.task(TASKS.approveVisit, () => ({
      ...lead,
      ...(last ? {} : { lapse: { lapsed: true } }),
      notice: {
        template: 'staff.approval',
        params: { staff: { staff: kase.owner }, due: { at: approvalDue(kase) } },
      },
    })); //                                                             HOT-08
    if ('lapsed' in said) continue;
    if (said.decision === 'approved') return true;
    const told = await kase.task(TASKS.tellRefusal, (key) => {
      const by = tellingDue(kase);
      kase.tellCustomer('rep.refused', {
        rule: 'ONS-27',
        params: { staff: { staff: kase.owner }, time: { at: by } },
        mootWith: key,
        usefulUntil: by,
        calledAnyway: true,
      });
      return { context: { refusedBy: lead.assignee, reason: said.reason } };
    }); //                                                              ONS-27
    if (told.accepted) return false;
  }
  return false;
}

/** Appointment, gate, door and work, as often as it takes; what ended it otherwise is its answer (ONS-01..16). */
async function visited(kase: RepairCase): Promise<'visited' | 'notReached' | 'paidDeclined'> {
  for (;;) {
    const visit = await agreedVisit(kase); //                           ONS-02..07
    if (visit === null) return 'notReached';
    if (!(await paidServiceAccepted(kase, visit))) return 'paidDeclined'; // ONS-09
    const packed = await kase.task(TASKS.packUp, () => ({
      assignee: visit.technician,
      dueAt: laterOf(kase, visit.from),
      movable: 'visit',
    })); //                                                             ONS-01, ONS-08
    if (rescheduled(packed)) continue;
    if (packed.spares.length > 0) kase.file('borrowSlip', 'ONS-08');
    const door = await kase.task(TASKS.arrive, () => ({
      assignee: visit.technician,
      dueAt: laterOf(kase, visit.to),
      movable: 'visit',
    })); //                                                             ONS-09, ONS-10
    if (rescheduled(door) || !door.present || door.backup === 'notDone')
      kase.once('backToday', () => giveBack(kase)); //                  D3
    if (rescheduled(door) || door.backup === 'notDone') continue;
    if (!door.present) {
      if (await goesOnAfterNoShow(kase)) continue;
      return 'notReached';
    }
    if (door.backup !== 'done') kase.once('risk', () => tellLead(kase, 'staff.riskTaken', 'W23'));
    const work = await kase.task(TASKS.repairOnSite, () => ({
      assignee: visit.technician,
      dueAt: laterOf(kase, visit.to),
      context: { faults: kase.data.faults.map((fault) => ({ ...fault })) },
      movable: 'visit',
    })); //                                                             ONS-11..16, W22
    if (!rescheduled(work)) return 'visited';
  }
}

/** Calls at different times of day by two people, then SMS, lead, and a wait that any contact ends (ONS-07, D7, W29). */
async function agreedVisit(
  kase: RepairCase,
): Promise<{ technician: string; from: string; to: string } | null> {
  for (;;) {
    const call = await kase.task(TASKS.contact, () => contactOptions(kase)); // ONS-02..06
    if (call.result === 'reached') return { technician: call.technician!, from: call.from!, to: call.to! };
    if (!kase.keep('tried', () => ({ enough: triedEnough(kase) })).enough) continue;
    kase.once('noAnswer', () => {
      kase.mootAll(['contactToo'], 'noAnswer');
      kase.tellCustomer('rep.noAnswer', { rule: 'ONS-07' });
      tellLead(kase, 'staff.notReached', 'ONS-07');
      kase.beginPause('waitingCustomer', suspendedUntil(kase), null, SYSTEM);
    });
    await kase.waitUntil('customerSilent', () => suspendedUntil(kase));
    if (!kase.wasCutShort('customerSilent')) {
      const said = await kase.task(TASKS.decideVisit, { context: { reason: 'noAnswer' } });
      if (said.decision === 'end') return null;
    }
    kase.once('afresh', () => {
      kase.data.attempts = [];
    });
  }
}

/** Out of contract: explained with its price, accepted in writing, the lead told (ONS-09). */
async function paidServiceAccepted(
  kase: RepairCase,
  visit: { technician: string; from: string },
): Promise<boolean> {
  const { paid } = kase.keep('paid', () => ({ paid: outOfContract(kase) && !kase.data.paidAccepted }));
  if (!paid) return true;
  kase.once('paidTold', () => {
    kase.tellCustomer('rep.paid', { rule: 'ONS-09', params: { amount: kase.data.due } });
    tellLead(kase, 'staff.paidVisit', 'ONS-09');
  });
  const said = await kase.task(TASKS.acceptPaid, () => ({
    assignee: visit.technician,
    notAfter: visit.from,
    context: { amount: kase.data.due },
  }));
  return said.accepted;
}

/** Nobody there: another appointment; from the second time on the lead decides (W30). */
async function goesOnAfterNoShow(kase: RepairCase): Promise<boolean> {
  const { times, enough } = kase.keep('noShows', () => ({
    times: kase.data.noShows,
    enough: kase.data.noShows >= kase.policy.repair.noShows,
  }));
  if (!enough) return true;
  const said = await kase.task(TASKS.decideVisit, () => ({ context: { reason: 'noShow', times } }));
  return said.decision === 'goOn';
}

/** What is owed, collected on the spot by whoever is with the customer (ONS-09, D1). */
async function feeCollected(kase: RepairCase): Promise<void> {
  const { amount } = kase.keep('owed', () => ({ amount: owed(kase) }));
  if (amount > 0)
    await kase.task(TASKS.collectFee, () => ({ assignee: kase.data.technician, context: { amount } }));
}

/** Cash and cheques go to finance the same day (D1). */
async function moneyHandedIn(kase: RepairCase): Promise<void> {
  const { amount } = kase.keep('money', () => ({ amount: moneyHeld(kase) }));
  if (amount > 0) await kase.task(TASKS.handInMoney, { context: { amount } });
}

/** Money to finance, receipt and form to who files, classifies and counts them (ONS-19, ONS-23). */
async function handedIn(kase: RepairCase): Promise<void> {
  kase.file('serviceForm', 'ONS-17');
  kase.file('receipt', 'ONS-23');
  await Promise.all([moneyHandedIn(kase), kase.task(TASKS.handInForm)]); // D1, ONS-19, ONS-24
}

/** What could not be repaired there: workshop, and back with both signatures, tested again (ONS-14, ONS-15). */
async function throughWorkshop(kase: RepairCase): Promise<void> {
  const { taken } = kase.keep('taken', () => ({ taken: kase.data.taken && { ...kase.data.taken } }));
  if (taken === null) return;
  kase.once('takenAway', () =>
    kase.tellCustomer('rep.taken', {
      rule: 'ONS-14',
      params: {
        machine: { word: `machine:${taken.what}` },
        voucherNo: taken.voucherNo,
        date: { on: taken.promisedReturnOn },
      },
    }),
  );
  kase.file('pickUpVoucher', 'ONS-14');
  await kase.task(TASKS.receiveMachine, () => ({
    excluded: [{ id: kase.data.technician ?? kase.owner, rule: 'ONS-14' }],
  }));
  const work = await kase.task(TASKS.repairMachine, () => ({
    assignee: kase.state.tasks[kase.answeredTaskNamed('receiveMachine')!]!.completedBy,
    notAfter: promisedReturn(kase),
  }));
  if (work.cost > taken.limit)
    await kase.task(TASKS.agreeCost, { context: { cost: work.cost, limit: taken.limit } });
  for (;;) {
    const back = await kase.task(TASKS.bookReturn, { context: { promisedReturnOn: taken.promisedReturnOn } });
    const { away } = kase.keep('away', () => ({
      away: kase.holdings.item(taken.item)?.holder === 'place/workshop',
    }));
    if (away) {
      const fetched = await kase.task(TASKS.fetchMachine, () => ({
        assignee: back.technician,
        dueAt: laterOf(kase, back.from),
        movable: 'return',
      }));
      if (rescheduled(fetched)) continue;
    }
    const returned = await kase.task(TASKS.returnMachine, () => ({
      assignee: back.technician,
      dueAt: laterOf(kase, back.to),
      movable: 'return',
    })); //                                                             ONS-15
    if (!rescheduled(returned) && returned.present) break;
  }
  await feeCollected(kase); //                                          ONS-09, D1
  await moneyHandedIn(kase);
}

/** A replaced special device is issued at the bureau by a case of its own; this one waits for it (W25). */
async function replacementIssued(kase: RepairCase): Promise<void> {
  const { order } = kase.keep('toIssue', () => ({ order: replacementOrder(kase) }));
  if (order === null) return;
  const end = await kase.linked('replacement', order, 'W25');
  kase.once('replaced', () => replaced(kase, end.outcome));
}

/** The call within a week: how the system runs, and how the visit was (ONS-26, D9). */
async function followedUp(kase: RepairCase): Promise<string> {
  const call = await kase.task(TASKS.followUp, () => followUpPlan(kase));
  return call.systemState;
}
