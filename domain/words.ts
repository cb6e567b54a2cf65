/**
 * Labels of everything shown to people, in both languages; the Chinese is the trade's own word. Keys are the names
 * used in code; a label may change without touching a case. No zod here: workflows may import this file.
 */
import type { Language } from './case.js';
import type { DeviceFamily } from './issuance.js';

export interface Label {
  'zh-CN': string;
  en: string;
}

const l = (zh: string, en: string): Label => ({ 'zh-CN': zh, en });

/** Tasks of the complaint manual (W1) and of the kernel. Read after "to do": noun phrases in Chinese. */
const TASKS = {
  acknowledge: l('首次响应', 'acknowledge'),
  decideFrontLine: l('一线判断', 'decide at the front line'),
  secondLine: l('二线支持', 'second-line support'),
  investigate: l('调查核实', 'investigate'),
  verifyWithUnit: l('向被投诉单位核实', 'verify with the unit'),
  reportToManufacturer: l('上报厂家', 'report to the manufacturer'),
  reportToHead: l('报告责任部门负责人', 'report to the department head'),
  decide: l('服务中心经理裁定', 'decide as centre manager'),
  problemMeeting: l('召开问题协调会', 'hold the problem meeting'),
  managerCall: l('经理致电客户', "make the manager's call"),
  planResolution: l('拟定处理方案', 'plan the resolution'),
  approveCompensation: l('审批赔付', 'approve the compensation'),
  agreeResolution: l('征求客户对方案的意见', 'agree the plan with the customer'),
  carryOut: l('落实处理方案', 'carry out the plan'),
  payCompensation: l('支付赔付款', 'pay the compensation'),
  tellResult: l('告知处理结果', 'tell the result'),
  confirmSatisfaction: l('三日内回访确认满意', 'confirm satisfaction'),
  sendLetter: l('寄送挂号信', 'send the registered letter'),
  reviewOutcome: l('主管复核结果', 'review the outcome'),
  reportToSupervisor: l('上报主管', 'report to the supervisor'),
  interimSolution: l('给出临时解决方案', 'give an interim solution'),
  takeCharge: l('接手负责', 'take charge'),
  keepPromise: l('兑现或改约承诺', 'keep or renew the promise'),
  callAboutDelay: l('致电说明延期', 'call about the delay'),
  confirmWithdrawal: l('回访核实撤诉', 'confirm the withdrawal'),
  investigateInternally: l('撤诉后内部调查', 'investigate internally'),
  approveReclassification: l('审批转为其他类别', 'approve the reclassification'),
  statement: l('提交情况说明', 'write a statement'),
  deliverByHand: l('人工通知收件人', 'deliver the message by hand'),
  undoByHand: l('人工撤销未尽事项', 'undo by hand'),
  decideAfterWait: l('等待到期后裁定', 'decide after the wait'),
  sortOut: l('人工排查系统异常', 'sort out a fault of the system'),
  returnItems: l('收回借出物品', 'take things back'),
  settleRefusal: l('处理拒收物品', 'settle the refused hand-over'),
  reportLoss: l('报案并报告税务机关', 'report the loss'),
  refund: l('退款', 'refund'),
  // Issuance (公司发行安装服务流程)
  prepare: l('收集发行资料', 'prepare the issuance'),
  requestBureau: l('拟定发行时间并函询税务局', 'propose a time to the bureau'),
  awaitBureau: l('等待税务局答复', "wait for the bureau's answer"),
  confirmBureau: l('确认税务局另定的时间', "confirm the bureau's other time"),
  callBureau: l('联系税务局约定发行时间', 'agree a time with the bureau'),
  borrowDevices: l('出库借用专用设备', 'hand out the devices'),
  issueDevices: l('发行专用设备', 'issue the devices'),
  awaitOfficer: l('等待税务局人员到场', 'wait for the tax officer'),
  afterClosing: l('税务局下班后处置设备', 'settle the devices overnight'),
  agreeInstallation: l('与税务局商定安装时间', 'agree the installation time'),
  bookInstallation: l('预约客户安装时间', 'book the installation'),
  planTrip: l('约定出工时间', 'plan the trip'),
  borrowSpares: l('出库借用备用设备', 'hand out slip and spares'),
  settleSlip: l('销出工单借条', 'settle the slip'),
  clearTrip: l('移出出工单上的客户', 'clear the trip'),
  moveInstallation: l('改约客户安装时间', 'move the installation'),
  checkBackup: l('上门核对数据备份', 'check the backup'),
  install: l('上门安装', 'install'),
  signContract: l('签订服务合同', 'have the contract signed'),
  collectBalance: l('收取余款', 'collect the balance'),
  collectStamp: l('补盖公章', 'collect the stamp'),
  handInMoney: l('交款并开具销货单', 'hand in the money'),
  confirmClearing: l('确认款项到账', 'confirm the money cleared'),
  recoverPayment: l('追收退票款', 'recover a bounced payment'),
  clearSlip: l('凭销货单销借条', 'cancel the borrow slip'),
  handInForm: l('上交开通登记表', 'hand in the form'),
  receiveCode: l('取得特征码', 'receive the feature code'),
  tellCode: l('告知特征码', 'tell the feature code'),
  followUpActivation: l('回访开通使用状况', 'follow up the activation'),
  agreeSplit: l('征求未装设备办法', 'agree what becomes of the rest'),
  callOffBureau: l('电告税务局取消发行', 'call off the bureau visit'),
  returnToManufacturer: l('故障设备退厂', 'return it to the maker'),
  // Repair (上门服务流程)
  helpRemotely: l('电话远程排障', 'help by telephone'),
  simulateFault: l('模拟故障并回电', 'simulate the fault, call back'),
  approveVisit: l('审批上门服务', 'approve the visit'),
  tellRefusal: l('告知客户不上门原因', 'tell why there is no visit'),
  contact: l('联系客户约定上门', 'agree the visit'),
  contactToo: l('协助联系客户', 'keep calling the customer'),
  decideVisit: l('裁定是否继续上门', 'decide whether to go on'),
  acceptPaid: l('取得收费书面同意', 'get written consent to pay'),
  packUp: l('出发前检查备件单据工具', 'pack parts, forms, tools'),
  arrive: l('到达并核对合同与备份', 'arrive, check the backup'),
  repairOnSite: l('现场检修', 'repair on site'),
  signForm: l('客户签字盖章', 'have the form signed'),
  collectFee: l('收取服务费', 'collect the fee'),
  receiveMachine: l('技服部接收取回机器', 'take the machine in'),
  repairMachine: l('检修取回机器', 'repair the machine'),
  agreeCost: l('征求超限费用同意', 'agree the higher cost'),
  bookReturn: l('预约送回时间', 'book the return'),
  fetchMachine: l('领出待送回机器', 'fetch the machine'),
  returnMachine: l('送回机器并当面检测', 'return the machine'),
  followUp: l('一周内电话回访', 'follow up the visit'),
} satisfies Record<string, Label>;

export type TaskWord = keyof typeof TASKS;

/** Clocks of the policy, and those a case adds: resolution, promise, the wait of a pause. */
const CLOCKS = {
  replyDuty: l('转办答复', 'answer to the referring body'),
  firstResponse: l('首次响应时限', 'first response'),
  custody: l('归还期限', 'return of what is held'),
  returnItems: l('收回时限', 'taking back'),
  reportLoss: l('当日报告时限', 'same-day report'),
  installation: l('三个工作日内安装', 'installation within three workdays'),
  preparation: l('资料收集时限', 'preparation'),
  bureauCall: l('税务局答复时限', "bureau's answer"),
  officerWait: l('等待税务人员', 'wait for the officer'),
  agreeInstallation: l('商定安装时间时限', 'agreeing the installation'),
  appointment: l('预约时限', 'appointment'),
  handIn: l('当日上交时限', 'same-day hand-in'),
  stamp: l('补章期限', 'stamp'),
  clearing: l('到账时限', 'clearing'),
  featureCode: l('特征码时限', 'feature code'),
  firstFollowUp: l('首次回访时限', 'first follow-up'),
  filingRepair: l('征期内抢修时限', 'repair that blocks filing'),
  simulation: l('模拟故障答复时限', 'simulation'),
  visitApproval: l('上门审批时限', 'approval of the visit'),
  contact: l('联系客户时限', 'reaching the customer'),
  workshop: l('检修时限', 'workshop'),
  visitFollowUp: l('一周内回访时限', 'follow-up within a week'),
  frontLine: l('一线判断时限', 'front-line decision'),
  secondLine: l('二线支持时限', 'second line'),
  investigation: l('当天调查核实时限', 'same-day investigation'),
  unitAnswer: l('下级单位答复时限', "unit's answer"),
  manufacturerAnswer: l('厂家答复时限', "manufacturer's answer"),
  reportToHead: l('报告责任部门时限', 'report to the head'),
  decision: l('裁定时限', 'decision'),
  problemMeeting: l('协调会时限', 'problem meeting'),
  managerCall: l('经理致电时限', "manager's call"),
  planning: l('拟定方案时限', 'planning'),
  approval: l('审批时限', 'approval'),
  agreement: l('征求意见时限', 'agreement'),
  payment: l('支付时限', 'payment'),
  telling: l('告知结果时限', 'telling the result'),
  resolution: l('处理时限', 'resolution'),
  satisfaction: l('三日内回访时限', 'satisfaction'),
  letter: l('寄信时限', 'letter'),
  review: l('复核时限', 'review'),
  progress: l('进度更新时限', 'progress'),
  promise: l('承诺时限', 'promise'),
  supervisorReport: l('上报主管时限', 'report to the supervisor'),
  interimSolution: l('临时解决方案时限', 'interim solution'),
  takeCharge: l('接手时限', 'taking charge'),
  keepPromise: l('承诺处置时限', 'keeping the promise'),
  withdrawalCheck: l('撤诉核实时限', 'check of the withdrawal'),
  internalInvestigation: l('内部调查时限', 'internal investigation'),
  reclassification: l('转类审批时限', 'reclassification'),
  statement: l('情况说明时限', 'statement'),
  byHand: l('人工办理时限', 'by hand'),
  sortOut: l('异常排查时限', 'sorting out'),
  pause: l('等待时限', 'wait'),
} satisfies Record<string, Label>;

/** The ladder of D15. */
const LEVELS = {
  L1: l('一线', 'first line'),
  L2: l('二线', 'second line'),
  supervisor: l('主管', 'supervisor'),
  L3: l('三级客服', 'level-3 service'),
  generalManager: l('总经理', 'general manager'),
} satisfies Record<string, Label>;

const ROLES = {
  agent: l('接线人员', 'agent'),
  secondLine: l('二线人员', 'second line'),
  engineer: l('技服人员', 'engineer'),
  supervisor: l('主管', 'supervisor'),
  departmentHead: l('责任部门经理', 'department head'),
  centreManager: l('服务中心经理', 'service-centre manager'),
  level3: l('三级客服', 'level-3 service'),
  generalManager: l('总经理', 'general manager'),
  finance: l('财务', 'finance'),
  quality: l('品质部', 'quality'),
  onCall: l('值班人员', 'on call'),
  warehouse: l('仓库保管', 'warehouse keeper'),
  technicalService: l('技服部', 'technical service'),
} satisfies Record<string, Label>;

const STATUSES = {
  open: l('处理中', 'open'),
  closing: l('结案中', 'closing'),
  closed: l('已结案', 'closed'),
  failed: l('异常终止', 'failed'),
  completed: l('已完成', 'completed'),
  moot: l('已无需办理', 'no longer needed'),
  queued: l('待发送', 'queued'),
  deferred: l('暂缓发送', 'deferred'),
  sent: l('已发送', 'sent'),
  dropped: l('已取消发送', 'dropped'),
  undelivered: l('未送达', 'undelivered'),
  late: l('超时', 'late'),
  provisional: l('期限待核', 'provisional'),
} satisfies Record<string, Label>;

/** Endings of W37, and cancelled. */
const OUTCOMES = {
  satisfied: l('满意', 'satisfied'),
  withdrawn: l('撤诉', 'withdrawn'),
  unreachable: l('未联系上', 'unreachable'),
  externalRecourse: l('转外部渠道', 'external recourse'),
  merged: l('并案', 'merged'),
  answeredAnonymous: l('匿名已答复', 'answered, anonymous'),
  reclassified: l('转为其他类别', 'reclassified'),
  cancelled: l('已取消', 'cancelled'),
  activated: l('已开通使用', 'activated'),
  activatedPartly: l('部分开通', 'partly activated'),
  solvedRemotely: l('远程解决', 'solved by telephone'),
  repaired: l('已修复', 'repaired'),
  movedOn: l('已转相关方', 'moved on'),
  visitRefused: l('未予上门', 'no visit'),
  paidDeclined: l('客户不接受收费', 'paid service declined'),
  notReached: l('多次未能见到客户', 'customer not met'),
  settled: l('已销借条', 'settled'),
} satisfies Record<string, Label>;

/** Where a matter stands, in words a customer may read (`cmp.progress`): a closed list, no internal words. */
const STAGES = {
  registered: l('已登记受理', 'registered'),
  investigating: l('正在调查核实', 'being looked into'),
  verifying: l('正在向相关单位核实', 'being checked with the unit'),
  planning: l('正在拟定处理方案', 'being planned'),
  proposed: l('方案待您确认', 'waiting for your view of the plan'),
  carryingOut: l('正在按方案处理', 'being put right'),
  confirming: l('已处理，待回访', 'done; a call to you will follow'),
  waitingCustomer: l('待您补充信息', 'waiting for information from you'),
  waitingUnit: l('等待相关单位答复', 'waiting for the unit concerned'),
  waitingManufacturer: l('等待厂家答复', 'waiting for the manufacturer'),
  waitingTaxBureau: l('等待税务机关答复', 'waiting for the tax authority'),
} satisfies Record<string, Label>;

export type StageWord = keyof typeof STAGES;

const GRADES = {
  major: l('重大', 'major'),
  important: l('重要', 'important'),
  general: l('一般', 'general'),
} satisfies Record<string, Label>;

const PAUSES = {
  waitingCustomer: l('等待客户', 'waiting for the customer'),
  waitingUnit: l('等待下级单位', 'waiting for the unit'),
  waitingManufacturer: l('等待厂家', 'waiting for the manufacturer'),
  waitingTaxBureau: l('等待税务机关', 'waiting for the tax bureau'),
} satisfies Record<string, Label>;

const FINDINGS = {
  founded: l('属实', 'founded'),
  partlyFounded: l('部分属实', 'partly founded'),
  unfounded: l('不属实', 'not founded'),
  unverifiable: l('无法核实', 'could not be verified'),
} satisfies Record<string, Label>;

/** The finding as the customer is told it: `told:founded`. */
const TOLD = {
  founded: l('您反映的情况属实', 'what you told us is right'),
  partlyFounded: l('您反映的情况部分属实', 'what you told us is partly right'),
  unfounded: l('核实到的情况与您反映的不一致', 'what we saw differs from what you told us'),
  unverifiable: l('现有材料不足以核实', 'the material at hand does not prove it either way'),
} satisfies Record<string, Label>;

/** Why something happened, for staff: level raised, task handed over, message not delivered. */
const REASONS = {
  late: l('超时未办', 'not done in time'),
  cannotSolve: l('一线无法处理', 'the front line cannot solve it'),
  noDecision: l('一线未及时判断', 'no decision at the front line'),
  dissatisfied: l('客户不满意', 'customer not satisfied'),
  declinedTwice: l('客户两次不接受方案', 'plan declined twice'),
  bureauSilent: l('税务局逾期未答复', 'no answer from the bureau'),
  bureauDeclined: l('税务局未同意', 'declined by the bureau'),
  bureauOtherTime: l('所定时间我方无人', 'nobody free at its time'),
  amount: l('涉及金额超限', 'amount above the limit'),
  media: l('媒体曝光', 'media exposure'),
  mediaThreat: l('客户拟联系媒体', 'media threatened'),
  safety: l('涉及安全', 'safety concerned'),
  grade: l('定为重大投诉', 'graded as major'),
  major: l('重大投诉', 'major complaint'),
  repeat: l('重复投诉', 'repeated complaint'),
  reopened: l('重新处理', 'reopened'),
  unsolved: l('上门未解决', 'not solved at the visit'),
  manual: l('人工提级', 'raised by hand'),
  conflict: l('涉及经办人，须回避', 'person concerned must stand back'),
  absent: l('人员缺勤', 'person absent'),
  handedOver: l('交接', 'handed over'),
  released: l('退回待领', 'released'),
  notAnswered: l('值班未响应', 'on-call did not answer'),
  noAddress: l('无可用联系方式', 'no address'),
  deadNumber: l('号码无效', 'number not in use'),
  refused: l('渠道拒收', 'refused by the provider'),
  optedOut: l('客户已退订', 'customer opted out'),
  gaveUp: l('多次重试未成功', 'all attempts failed'),
  // Why a message waits, and why it was never sent.
  quietHours: l('免打扰时段', "customers' quiet hours"),
  serviceHours: l('非服务时间', 'outside service hours'),
  planned: l('定时发送', 'planned for then'),
  'throttle:minute': l('每分钟限量', 'most in a minute'),
  'throttle:hour': l('每小时限量', 'most in an hour'),
  'throttle:day': l('每日限量', 'most in a day'),
  newer: l('已有新消息', 'a newer one takes its place'),
  moot: l('已无需告知', 'no longer to be told'),
  past: l('发出已过时', 'too late by then'),
  coalesced: l('已并入另一条', 'joined with another one'),
} satisfies Record<string, Label>;

/** How a message goes out, and how people reach each other. */
const CHANNELS = {
  sms: l('短信', 'SMS'),
  mail: l('邮件', 'mail'),
  letter: l('挂号信', 'registered letter'),
  phone: l('电话', 'phone'),
  visit: l('面谈', 'visit'),
} satisfies Record<string, Label>;

/** 渠道: where a complaint came in (forms 7). */
const INTAKES = {
  hotline: l('热线', 'hotline'),
  visit: l('来访', 'visit to our office'),
  letter: l('信函', 'letter'),
  mail: l('邮件', 'mail'),
  web: l('网页', 'web'),
  sms: l('短信', 'SMS'),
  onSite: l('上门当面', 'during a visit on site'),
  bureau: l('税务局转办', 'referred by the tax bureau'),
  '12366': l('12366转办', 'referred by 12366'),
  '12345': l('12345转办', 'referred by 12345'),
  '12315': l('12315转办', 'referred by 12315'),
  manufacturer: l('厂家转办', 'referred by the manufacturer'),
  media: l('媒体', 'media'),
} satisfies Record<string, Label>;

const IDENTITIES = {
  named: l('实名', 'named'),
  confidential: l('要求保密', 'confidential'),
  anonymous: l('匿名', 'anonymous'),
} satisfies Record<string, Label>;

/** 对象: what the complaint is about. */
const SUBJECTS = {
  ours: l('我方服务', 'our service'),
  unit: l('下级单位', 'a subordinate unit'),
  product: l('产品技术', 'product or technology'),
} satisfies Record<string, Label>;

const PROBLEM_TYPES = {
  productQuality: l('产品质量', 'product quality'),
  serviceAttitude: l('服务态度', 'service attitude'),
  technicalSupport: l('技术支持', 'technical support'),
  delivery: l('交付', 'delivery'),
  charges: l('收费', 'charges'),
  misconduct: l('违规', 'misconduct'),
} satisfies Record<string, Label>;

/** 诉求, and the options of a plan. */
const DEMANDS = {
  explanation: l('解释', 'explanation'),
  apology: l('道歉', 'apology'),
  repair: l('维修', 'repair'),
  replacement: l('更换', 'replacement'),
  refund: l('退款', 'refund'),
  compensation: l('赔偿', 'compensation'),
  staffAction: l('处理人员', 'action on staff'),
  other: l('其他', 'other'),
} satisfies Record<string, Label>;

const MEDIA = {
  none: l('无', 'none'),
  threatened: l('威胁曝光', 'threatened'),
  exposed: l('已曝光', 'exposed'),
} satisfies Record<string, Label>;

const WAITING_ON = {
  us: l('我方', 'us'),
  customer: l('客户', 'customer'),
  unit: l('下级单位', 'unit'),
  manufacturer: l('厂家', 'manufacturer'),
  bureau: l('税务机关', 'tax bureau'),
} satisfies Record<string, Label>;

const PROCESSES = {
  complaint: l('投诉处理', 'complaint'),
  issuance: l('发行安装', 'issuance'),
  repair: l('上门维修', 'repair'),
  trip: l('出工单', 'trip'),
} satisfies Record<string, Label>;

/** What stands in a timeline. */
const FACTS = {
  opened: l('立案', 'opened'),
  taskOpened: l('任务下达', 'task opened'),
  taskCompleted: l('任务完成', 'task completed'),
  taskClaimed: l('领取任务', 'task claimed'),
  taskReleased: l('退回任务', 'task released'),
  taskReassigned: l('改派任务', 'task reassigned'),
  taskCorrected: l('更正任务答复', 'task corrected'),
  taskMoot: l('任务作废', 'task no longer needed'),
  reminded: l('提醒', 'reminded'),
  breached: l('超时', 'late'),
  levelRaised: l('升级', 'level raised'),
  levelSkipped: l('跳级', 'level skipped'),
  ownerChanged: l('更换负责人', 'owner changed'),
  paused: l('暂停计时', 'paused'),
  resumed: l('恢复计时', 'resumed'),
  noted: l('登记进展', 'note'),
  factsChanged: l('更新事实', 'facts changed'),
  evidenceAttached: l('附证明材料', 'evidence attached'),
  promised: l('承诺客户', 'promised'),
  promiseKept: l('承诺兑现', 'promise kept'),
  promiseMoved: l('承诺改期', 'promise moved'),
  roundStarted: l('新一轮处理', 'round started'),
  policyAdopted: l('采用新制度参数', 'policy adopted'),
  messageQueued: l('消息待发', 'message queued'),
  messageSent: l('消息已发', 'message sent'),
  messageDeferred: l('消息暂缓', 'message deferred'),
  messageDropped: l('消息取消', 'message dropped'),
  messageFailed: l('消息未送达', 'message failed'),
  flagged: l('标记关注', 'flagged'),
  withdrawn: l('撤诉', 'withdrawn'),
  merged: l('并入其他事项', 'merged'),
  absorbed: l('并入本事项', 'absorbed'),
  reclassified: l('转为其他类别', 'reclassified'),
  reopened: l('重新立案', 'reopened'),
  cancelled: l('取消', 'cancelled'),
  undone: l('撤销完成', 'undone'),
  undoFailed: l('撤销失败', 'undo failed'),
  resynced: l('台账重写', 'ledger rewritten'),
  acceptanceRefused: l('拒绝接收', 'acceptance refused'),
  custodyMoved: l('物品交接', 'handed over'),
  booked: l('已预约', 'booked'),
  bookingReleased: l('预约取消', 'appointment released'),
  moneyCleared: l('到账结果', 'money cleared'),
  linked: l('开立关联单', 'linked case opened'),
  linkedEnded: l('关联单办结', 'linked case ended'),
  closing: l('结案中', 'closing'),
  closed: l('结案', 'closed'),
  refused: l('拒绝操作', 'refused'),
} satisfies Record<string, Label>;

/** What a customer hands over for the workshop (取机凭证). */
const MACHINES = {
  computer: l('主机', 'computer'),
  printer: l('打印机', 'printer'),
  reader: l('读卡器', 'card reader'),
  specialDevice: l('专用设备', 'special device'),
} satisfies Record<string, Label>;

/** Special devices (专用设备) by family. */
const FAMILIES = {
  goldenTaxCard: l('金税卡', 'golden tax card'),
  icCard: l('IC卡', 'IC card'),
  cardReader: l('读卡器', 'card reader'),
  goldenTaxDisk: l('金税盘', 'golden tax disk'),
  taxControlDisk: l('税控盘', 'tax control disk'),
  reportDisk: l('报税盘', 'report disk'),
} satisfies Record<DeviceFamily, Label>;

/** Classes of faults (故障分类). */
const FAULTS = {
  connection: l('连接', 'connection'),
  software: l('软件', 'software'),
  hardware: l('硬件', 'hardware'),
  network: l('网络', 'network'),
  printing: l('打印', 'printing'),
  operation: l('操作', 'operation'),
  specialDevice: l('专用设备', 'special device'),
  notOurs: l('非本系统', 'not our system'),
} satisfies Record<string, Label>;

/** Names of customer and unit messages, for the person who must pass one on by telephone. */
const MESSAGES = {
  'iss.registered': l('开通登记受理通知', 'registration accepted'),
  'iss.appointment': l('上门安装预约', 'installation appointment'),
  'iss.moved': l('安装改期通知', 'installation moved'),
  'iss.codeApplied': l('特征码申请通知', 'feature code applied for'),
  'iss.codeReady': l('特征码批复通知', 'feature code ready'),
  'iss.split': l('分单办理通知', 'devices split off'),
  'iss.cancelled': l('安装取消通知', 'installation cancelled'),
  'mail.iss.bureauSlot': l('发行时间商请函', 'request to the bureau'),
  'mail.iss.bureauReminder': l('发行时间催复函', 'reminder to the bureau'),
  'mail.iss.bureauConfirmed': l('发行时间确认函', 'confirmation to the bureau'),
  'mail.iss.bureauMoved': l('发行改期函', 'visit to be moved'),
  'mail.iss.bureauCancelled': l('发行取消函', 'cancellation to the bureau'),
  'rep.accepted': l('报修受理通知', 'repair accepted'),
  'rep.refused': l('不上门说明', 'no visit for now'),
  'rep.dateChanged': l('报修延期通知', 'repair: new date'),
  'rep.appointment': l('上门检修预约', 'repair appointment'),
  'rep.noAnswer': l('请客户回电约定上门', 'please call us back'),
  'rep.late': l('迟到通知', 'later than agreed'),
  'rep.substitute': l('更换上门人员通知', 'somebody else comes'),
  'rep.paid': l('收费告知', 'paid service'),
  'rep.taken': l('取机通知', 'machine taken away'),
  'rep.return': l('送回通知', 'machine comes back'),
  'rep.returnAsIs': l('送回通知（未修复）', 'machine comes back as it was'),
  'rep.cancelled': l('报修取消通知', 'repair cancelled'),
  'cmp.received': l('受理通知', 'notice of receipt'),
  'cmp.progress': l('进度通知', 'progress'),
  'cmp.dateChanged': l('延期通知', 'new date'),
  'cmp.raised': l('换人接手通知', 'new person in charge'),
  'cmp.proposal': l('方案沟通预约', 'call about the plan'),
  'cmp.resultApology': l('处理结果（致歉）', 'result with apology'),
  'cmp.result': l('处理结果', 'result'),
  'cmp.nextRound': l('重新处理通知', 'taken up again'),
  'cmp.unreachable': l('请客户回电', 'please call us'),
  'cmp.withdrawn': l('撤回确认', 'withdrawal confirmed'),
  'cmp.merged': l('并案通知', 'taken together'),
  'cmp.external': l('外部反映渠道告知', 'where else to turn'),
  'mail.cmp.result': l('书面答复', 'written answer'),
  'mail.cmp.unreachable': l('未联系上函', 'letter: please contact us'),
  'mail.cmp.external': l('书面说明', 'written statement'),
  'mail.cmp.verify': l('核实函', 'request to verify'),
  'mail.cmp.manufacturer': l('产品问题上报函', 'report to the manufacturer'),
  'mail.notice.complaints': l('投诉渠道公示', 'notice of where to complain'),
} satisfies Record<string, Label>;

/** Whole sentences that a text takes or leaves. */
const SENTENCES = {
  apology: l(
    '由此给您带来不便，我们诚恳致歉。',
    'We sincerely apologise for the inconvenience this caused you.',
  ),
} satisfies Record<string, Label>;

/**
 * Every kind of word. The order decides what a bare key means where kinds share it (`secondLine` is the task);
 * `kind:key` says it exactly.
 */
export const WORDS = {
  task: TASKS,
  stage: STAGES,
  outcome: OUTCOMES,
  pause: PAUSES,
  reason: REASONS,
  level: LEVELS,
  grade: GRADES,
  finding: FINDINGS,
  told: TOLD,
  role: ROLES,
  clock: CLOCKS,
  status: STATUSES,
  channel: CHANNELS,
  intake: INTAKES,
  identity: IDENTITIES,
  subject: SUBJECTS,
  problemType: PROBLEM_TYPES,
  demand: DEMANDS,
  media: MEDIA,
  waitingOn: WAITING_ON,
  process: PROCESSES,
  machine: MACHINES,
  family: FAMILIES,
  fault: FAULTS,
  fact: FACTS,
  message: MESSAGES,
  sentence: SENTENCES,
} satisfies Record<string, Record<string, Label>>;

export type WordKind = keyof typeof WORDS;

function labelOf(kind: WordKind, key: string): Label | undefined {
  const table: Record<string, Label> = WORDS[kind];
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** The label of a key; an unknown key is returned as it is, so that a text never breaks over a missing word. */
export function word(kind: WordKind, key: string, language: Language): string {
  return labelOf(kind, key)?.[language] ?? key;
}

/** The label for a `{ word }` parameter: `kind:key`, or a bare key, which is looked for kind by kind. */
export function wordParam(reference: string, language: Language): string {
  const colon = reference.indexOf(':');
  const kind = reference.slice(0, Math.max(colon, 0));
  if (Object.hasOwn(WORDS, kind)) return word(kind as WordKind, reference.slice(colon + 1), language);
  for (const each of Object.keys(WORDS) as WordKind[]) {
    const label = labelOf(each, reference);
    if (label) return label[language];
  }
  return reference;
}

/** The longest label of a kind, for length checks of texts. */
export function longestWord(kind: WordKind, language: Language): string {
  const labels = Object.values<Label>(WORDS[kind]).map((label) => label[language]);
  return labels.reduce((longest, label) => ([...label].length > [...longest].length ? label : longest), '');
}
