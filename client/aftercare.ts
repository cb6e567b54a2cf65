/**
 * The facade: parse at the edge, authorise, store personal texts and files, send. What the CLI, the simulator and the
 * web may do with Aftercare goes through here and nothing else does. Its rooms: `Reception` opens cases, `Acts` sends
 * what is done to them, `Records` and `Holdings` look; all stand on one `Desk`.
 */
import { Acts } from './acts.js';
import type { AftercareApi, LoadedPolicy } from './api.js';
import { Desk, type AftercareDependencies } from './desk.js';
import { Holdings } from './holdings.js';
import { Papers } from './papers.js';
import { Reception } from './reception.js';
import { Records } from './records.js';

export type { AftercareDependencies } from './desk.js';

export class Aftercare implements AftercareApi {
  private readonly desk: Desk;
  private readonly reception: Reception;
  private readonly acts: Acts;
  private readonly records: Records;
  private readonly holdings: Holdings;

  constructor(deps: AftercareDependencies) {
    const desk = new Desk(deps);
    const papers = new Papers(desk);
    this.desk = desk;
    this.reception = new Reception(desk, papers);
    this.acts = new Acts(desk, papers);
    this.records = new Records(desk);
    this.holdings = new Holdings(desk);
  }

  readonly openComplaint: AftercareApi['openComplaint'] = (...given) =>
    this.reception.open('complaint', ...given);
  readonly open: AftercareApi['open'] = (...given) => this.reception.open(...given);
  readonly check: AftercareApi['check'] = (...given) => this.reception.check(...given);
  readonly retryIntakes: AftercareApi['retryIntakes'] = (...given) => this.reception.retryIntakes(...given);
  readonly pendingIntakes: AftercareApi['pendingIntakes'] = () => this.desk.ledger.pendingIntakes();

  readonly complete: AftercareApi['complete'] = (...given) => this.acts.complete(...given);
  readonly answerBureau: AftercareApi['answerBureau'] = (...given) => this.acts.answerBureau(...given);
  readonly checkBureauAnswer: AftercareApi['checkBureauAnswer'] = (...given) =>
    this.acts.checkBureauAnswer(...given);
  readonly act: AftercareApi['act'] = (...given) => this.acts.act(...given);
  readonly checkAct: AftercareApi['checkAct'] = (...given) => this.acts.checkAct(...given);

  readonly sheet: AftercareApi['sheet'] = (...given) => this.records.sheet(...given);
  readonly cases: AftercareApi['cases'] = (...given) => this.records.cases(...given);
  readonly tasks: AftercareApi['tasks'] = (...given) => this.records.tasks(...given);
  readonly inbox: AftercareApi['inbox'] = (...given) => this.records.inbox(...given);
  readonly next: AftercareApi['next'] = (...given) => this.records.next(...given);
  readonly explain: AftercareApi['explain'] = (...given) => this.records.explain(...given);
  readonly evidenceFile: AftercareApi['evidenceFile'] = (...given) => this.records.evidenceFile(...given);
  readonly messages: AftercareApi['messages'] = (...given) => this.records.messages(...given);
  readonly contents: AftercareApi['contents'] = (...given) => this.records.contents(...given);
  readonly erasable: AftercareApi['erasable'] = (...given) => this.records.erasable(...given);
  readonly erase: AftercareApi['erase'] = (...given) => this.records.erase(...given);
  readonly quality: AftercareApi['quality'] = (...given) => this.records.quality(...given);
  readonly faults: AftercareApi['faults'] = (...given) => this.records.faults(...given);
  readonly policyEffect: AftercareApi['policyEffect'] = (...given) => this.records.policyEffect(...given);
  readonly view: AftercareApi['view'] = (...given) => this.desk.view(...given);
  readonly evidence: AftercareApi['evidence'] = (caseId) => this.desk.ledger.evidence(caseId);

  readonly importStock: AftercareApi['importStock'] = (...given) => this.holdings.importStock(...given);
  readonly custody: AftercareApi['custody'] = (...given) => this.holdings.custody(...given);
  readonly life: AftercareApi['life'] = (...given) => this.holdings.life(...given);
  readonly stockReport: AftercareApi['stockReport'] = (...given) => this.holdings.stockReport(...given);
  readonly printStockReport: AftercareApi['printStockReport'] = (...given) =>
    this.holdings.printStockReport(...given);
  readonly bookings: AftercareApi['bookings'] = (...given) => this.holdings.bookings(...given);
  readonly agenda: AftercareApi['agenda'] = (...given) => this.holdings.agenda(...given);
  readonly freeSlots: AftercareApi['freeSlots'] = (...given) => this.holdings.freeSlots(...given);

  readonly staff: AftercareApi['staff'] = (...given) => this.desk.staff(...given);
  readonly organisation: AftercareApi['organisation'] = () => this.desk.organisation();
  readonly importOrganisation: AftercareApi['importOrganisation'] = (organisation) =>
    this.desk.guarded(undefined, () => this.desk.ledger.importOrganisation(organisation));
  get policy(): LoadedPolicy {
    return this.desk.policy;
  }
  now(): Date {
    return this.desk.now();
  }
  async close(): Promise<void> {
    await this.desk.deps.onClose?.();
  }
}
