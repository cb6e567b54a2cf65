/**
 * What stands on each printed form, as plain text that is ready to print: instants, days, sums and words are formatted
 * by whoever fills a model in. Field names are those of the data dictionary; the comment gives the label on paper.
 *
 * Everything but the head may be missing: it prints as an empty ruled cell, to be filled in by hand. A choice holds the
 * chosen words as they stand on the form (`'合同期内'`); a word that is not on the form prints under 其他.
 */

/** Text in a cell; nothing leaves the cell empty. Line breaks are kept. */
export type Cell = string | null | undefined;

/** Words ticked on the form: none, one or several. */
export type Choice = Cell | readonly string[];

/** 表头, on every form. */
export interface FormHead {
  /** The company that prints, at the head of every page. */
  company: string;
  /** 服务热线 */
  hotline: string;
  /** 单号 */
  formNo: string;
  /** 编号: the case. */
  caseNo: string;
  /** 表单版本 */
  formVersion?: Cell;
  /** 印刷号: the number printed on pre-numbered paper. */
  printedSerial?: Cell;
  /** 填表人 */
  filledBy?: Cell;
  /** 填表时间 */
  filledAt?: Cell;
  /** 状态; 作废 is printed across the page. */
  state?: Cell;
  /** 作废原因 */
  voidReason?: Cell;
  /** 更正原单 */
  replaces?: Cell;
  /** 打印时间, in the foot of every page. */
  printedAt?: Cell;
  /** The same instant as ISO text. Not printed: it dates the file, so that one order makes the same bytes on every attempt. */
  createdAt: string;
}

/** Who the customer is, on papers that stay short. */
export interface CustomerBrief {
  /** 企业全称 */
  companyName?: Cell;
  /** 纳税人识别号 */
  taxpayerId?: Cell;
  /** 顾客档案号 */
  customerFileNo?: Cell;
  /** 详细地址 */
  siteAddress?: Cell;
  /** 联系人 */
  contactName?: Cell;
  /** 身份: 法定代表人/财务负责人/开票员/经办人/代账会计 */
  contactPost?: Cell;
  /** 手机 */
  mobile?: Cell;
  /** 座机 */
  landline?: Cell;
}

/** 客户, in full. */
export interface CustomerBlock extends CustomerBrief {
  /** 主管税务机关 */
  taxBureau?: Cell;
  /** 所属税务分局 */
  taxSubBureau?: Cell;
  /** 备用联系人 */
  altContact?: Cell;
  /** 联系方式偏好 */
  channel?: Cell;
  /** 方便时段: 上午/下午/晚上 */
  convenientTime?: Choice;
  /** 行车路线 */
  route?: Cell;
  /** 进场要求 */
  entryRules?: Cell;
}

/** 签章 of one side. */
export interface SignatureBlock {
  /** 签字人 */
  signerName?: Cell;
  /** 身份: 法定代表人/财务负责人/开票员/经办人/代账会计 */
  signerPost?: Cell;
  /** 授权委托书: number or digest of the file. */
  authorisation?: Cell;
  /** 签字时间 */
  signedAt?: Cell;
  /** 是否盖章: 是/否 */
  stamped?: Cell;
  /** 印章: 公章/合同专用章/财务专用章/发票专用章 */
  stampKind?: Cell;
  /** 未盖章原因 */
  stampMissingReason?: Cell;
  /** 补章期限 */
  stampDueOn?: Cell;
  /** 拒签: 是/否 */
  refused?: Cell;
  /** 拒签原因 */
  refusedReason?: Cell;
  /** 见证人 */
  witness?: Cell;
}

/** A place for one signature: who signs there, and what is known of it already. */
export interface Signature {
  name?: Cell;
  signedAt?: Cell;
}

/** 收费, one line per item. */
export interface ChargeLine {
  /** 项目: 专用设备/技术维护费/上门费/配件费 */
  item?: Cell;
  /** 定价依据 */
  priceBasis?: Cell;
  /** 应收 */
  due?: Cell;
  /** 实收 */
  paid?: Cell;
  /** 费用是否收齐: 未收/部分/收齐 */
  feeStatus?: Cell;
  /** 方式, with number of cheque or transfer: 现金/支票/对公转账/公司收款码 */
  means?: Cell;
  /** 收款人及日期 */
  collectedBy?: Cell;
  /** 交财务日期 */
  handedInAt?: Cell;
  /** 发票号码 */
  invoiceNo?: Cell;
  /** 销货单号 */
  salesSlipNo?: Cell;
}

/** 设备, one line per device. */
export interface DeviceLine {
  /** 类别: 金税卡/IC卡/读卡器/金税盘/税控盘/报税盘 */
  family?: Cell;
  /** 型号 */
  model?: Cell;
  /** 编号 */
  serialNo?: Cell;
  /** 开票机号 */
  machineNo?: Cell;
  /** 关系: 新装/增加分机/更换 */
  relation?: Cell;
  /** 被换编号 */
  replacesSerial?: Cell;
}

/** 投诉处理单 (CMP-09): receipt, what was done about it step by step, who signed. */
export interface ComplaintHandlingForm {
  head: FormHead;
  /** 接待时间 */
  receivedAt?: Cell;
  /** 登记时间 */
  enteredAt?: Cell;
  /** 接待人 */
  receiver?: Cell;
  /** 渠道 */
  channel?: Cell;
  /** 转办号 */
  externalRef?: Cell;
  /** 转办答复期限 */
  externalDueOn?: Cell;
  /** 身份: 实名/要求保密/匿名 */
  identity?: Cell;
  /** 投诉人 */
  complainant?: Cell;
  /** 与企业关系 */
  relation?: Cell;
  /** 发生时间 */
  occurredAt?: Cell;
  /** 对象 */
  subject?: Cell;
  /** 问题类型 */
  problemType?: Cell;
  /** 被投诉人 */
  personsConcerned?: Cell;
  /** 被投诉单位 */
  unit?: Cell;
  /** 涉及设备编号 */
  serials?: Cell;
  /** 关联事项 */
  relatedCases?: Cell;
  /** 事由 */
  matter?: Cell;
  /** 诉求: 解释/道歉/维修/更换/退款/赔偿/处理人员 */
  demand?: Choice;
  /** 涉及金额 */
  amountDisputed?: Cell;
  /** 媒体曝光: 无/威胁曝光/已曝光 */
  media?: Cell;
  /** 涉及安全: 是/否 */
  safety?: Cell;
  /** 等级: 重大/重要/一般 */
  grade?: Cell;
  /** 处理级别 */
  level?: Cell;
  /** 负责人 */
  owner?: Cell;
  /** 轮次 */
  rounds?: Cell;
  /** 首次响应用时 */
  responseMinutes?: Cell;
  /** 处理用时 */
  resolutionMinutes?: Cell;
  /** 处理结果: how the case ended. */
  outcome?: Cell;
  /** 处理经过 */
  steps: readonly HandlingStep[];
  /** 接待人签字 */
  receiverSignature?: Signature;
  /** 责任部门经理签字 */
  departmentHeadSignature?: Signature;
  /** 服务中心经理签字: major complaints, and from the third round on. */
  centreManagerSignature?: Signature;
}

/** One step of a complaint: what was answered, with the labels of its form. */
export interface HandlingStep {
  /** 时间 */
  at?: Cell;
  /** 步骤 */
  step?: Cell;
  /** 轮次 */
  round?: Cell;
  /** 办理人 */
  by?: Cell;
  /** 内容 */
  answers: readonly { label: string; value: Cell }[];
}

/** 技服表格: one per visit, several faults. */
export interface ServiceForm {
  head: FormHead;
  customer: CustomerBlock;
  devices: readonly DeviceLine[];
  /** 报修时间 */
  calledAt?: Cell;
  /** 来电人 */
  caller?: Cell;
  /** 接线人 */
  agent?: Cell;
  /** 故障现象 */
  symptom?: Cell;
  /** 读卡器灯: 绿/红/不亮; here and below the value, or why it was skipped. */
  readerLamp?: Cell;
  /** 内存 */
  memory?: Cell;
  /** 打印机驱动 */
  printerDriver?: Cell;
  /** 金税卡日期 */
  cardDate?: Cell;
  /** 报税起始日 */
  filingStart?: Cell;
  /** 会计月份 */
  accountingMonth?: Cell;
  /** 征期截止 */
  filingDue?: Cell;
  /** 远程处理 */
  remoteTried?: Cell;
  /** 远程结果 */
  remoteResult?: Cell;
  /** 答复承诺 */
  promiseAt?: Cell;
  /** 模拟人 */
  simulatedBy?: Cell;
  /** 上门批准人及时间 */
  visitApprovedBy?: Cell;
  /** 合同: 期内/期外/无 */
  contract?: Cell;
  /** 合同截止 */
  contractEnd?: Cell;
  /** 联系记录 */
  attempts: readonly ContactAttempt[];
  /** 自报单位姓名: 是/否 */
  companyStated?: Cell;
  /** 已要求备份: 是/否 */
  backupRequired?: Cell;
  /** 第几次上门 */
  visitNo?: Cell;
  /** 技服人员 */
  technician?: Cell;
  /** 预约时段 */
  appointment?: Cell;
  /** 携带备件、单据、工具 */
  packed?: Cell;
  /** 出发 */
  departAt?: Cell;
  /** 到达 */
  arriveAt?: Cell;
  /** 离开 */
  leaveAt?: Cell;
  /** 返回 */
  returnAt?: Cell;
  /** 迟到原因 */
  lateReason?: Cell;
  /** 查验合同: 是/否 */
  contractChecked?: Cell;
  /** 收费同意 */
  paidAccepted?: Cell;
  /** 告知负责人时间 */
  leadToldAt?: Cell;
  /** 数据备份: 已备份/新机无数据/不可能/未备份 */
  backup?: Cell;
  /** 备份核对人及时间 */
  backupCheckedBy?: Cell;
  /** 风险确认 */
  riskNote?: Cell;
  faults: readonly FaultLine[];
  charges: readonly ChargeLine[];
  /** 取机凭证号 */
  voucherNo?: Cell;
  /** 现场复原: 是/否 */
  tidied?: Cell;
  /** 再次上门 */
  nextVisitAt?: Cell;
  /** 使用客户电话: 是/否 */
  customerPhoneUsed?: Cell;
  /** 客户允许: 是/否 */
  customerPhoneAllowed?: Cell;
  /** 满意度 */
  satisfaction?: Cell;
  /** 回单号 */
  receiptNo?: Cell;
  /** 旧件上交时间 */
  oldPartsHandedInAt?: Cell;
  /** 旧件保管 */
  keeper?: Cell;
  /** 交表时间 */
  formHandedInAt?: Cell;
  /** 归档人 */
  filedBy?: Cell;
  /** 故障代码 */
  faultCode?: Cell;
  signature: SignatureBlock;
  /** 技服人员签字 */
  technicianSignature?: Signature;
}

/** 联系记录, one line per attempt to reach the customer. */
export interface ContactAttempt {
  /** 时间 */
  at?: Cell;
  /** 时段 */
  dayPart?: Cell;
  /** 联系人员 */
  by?: Cell;
  /** 号码 */
  number?: Cell;
  /** 结果: 接通/无人接/空号/关机 */
  result?: Cell;
}

/** One fault of a visit. */
export interface FaultLine {
  /** 故障描述 */
  description?: Cell;
  /** 分类: 连接/软件/硬件/网络/打印/操作/专用设备/非本系统 */
  class?: Cell;
  /** 原因 */
  cause?: Cell;
  /** 合同内: 是/否 */
  covered?: Cell;
  /** 连接检查: 正常/异常/不需要 */
  connectionStep?: Cell;
  /** 软件检查: 正常/异常/不需要 */
  softwareStep?: Cell;
  /** 硬件检查: 正常/异常/不需要 */
  hardwareStep?: Cell;
  /** 开机箱: 是/否 */
  caseOpened?: Cell;
  /** 开箱同意人及时间 */
  openConsent?: Cell;
  /** 处理: 调整/重装/升级/更换/指导/取回/转厂家 */
  treatment?: Choice;
  /** 更换配件 */
  parts: readonly PartLine[];
  /** 结果: 已解决/临时解决/未解决/取回/非本系统 */
  result?: Cell;
  /** 当面检测: 是/否 */
  retest?: Cell;
  /** 检测客户姓名 */
  retestCustomer?: Cell;
  /** 已讲解: 原因/方法/注意 */
  explained?: Choice;
}

/** 更换配件 */
export interface PartLine {
  /** 品名 */
  name?: Cell;
  /** 数量 */
  qty?: Cell;
  /** 旧编号 */
  oldSerial?: Cell;
  /** 新编号 */
  newSerial?: Cell;
  /** 金额 */
  price?: Cell;
}

/** 借条 */
export interface BorrowSlip {
  head: FormHead;
  /** 出工单 */
  tripNo?: Cell;
  /** 用途: 发行安装/维修/备件/客户借用 */
  purpose?: Cell;
  /** 借用人 */
  borrower?: Cell;
  /** 借出时间 */
  borrowedAt?: Cell;
  /** 过夜批准 */
  overnightApproval?: Cell;
  /** 销账状态: 未销/部分销/已销 */
  slipState?: Cell;
  lines: readonly BorrowLine[];
  /** 出库：借用人签字 */
  borrowerOut?: Signature;
  /** 出库：保管员签字 */
  keeperOut?: Signature;
  /** 入库：借用人签字 */
  borrowerIn?: Signature;
  /** 入库：保管员签字 */
  keeperIn?: Signature;
}

/** One thing borrowed. */
export interface BorrowLine {
  /** 类: 专用设备/备件/工具/软件 */
  kind?: Cell;
  /** 品名型号 */
  name?: Cell;
  /** 编号 */
  serialNo?: Cell;
  /** 数量 */
  qty?: Cell;
  /** 使用: 指定客户/备用, with the machine where one is named. */
  use?: Cell;
  /** 出库状态 */
  conditionOut?: Cell;
  /** 应还 */
  dueBackAt?: Cell;
  /** 去向: 未还/归还/已销售/退厂/报损/遗失 */
  disposition?: Cell;
  /** 凭据: sales slip, police report. */
  proof?: Cell;
  /** 归还时间 */
  returnedAt?: Cell;
  /** 入库状态 */
  conditionIn?: Cell;
}

/** 取机凭证 */
export interface PickUpVoucher {
  head: FormHead;
  customer: CustomerBrief;
  items: readonly PickUpItem[];
  /** 内含专用设备: 是/否 */
  containsSpecialDevice?: Cell;
  /** 数据备份: 已备份/新机无数据/不可能/未备份 */
  backup?: Cell;
  /** 风险确认 */
  riskNote?: Cell;
  /** 取回原因 */
  reason?: Cell;
  /** 同意人及时间 */
  consentBy?: Cell;
  /** 取机人及时间 */
  takenBy?: Cell;
  /** 去向: 技服部/厂家/第三方 */
  destination?: Cell;
  /** 承诺归还 */
  promisedReturnOn?: Cell;
  /** 预估费用 */
  estimate?: Cell;
  /** 客户认可上限 */
  limit?: Cell;
  /** 备用机借条 */
  loanSlipNo?: Cell;
  /** 接修人及时间 */
  workshopReceivedBy?: Cell;
  /** 维修结果: 修好/未修/建议报废 */
  workshopResult?: Cell;
  /** 维修费用 */
  cost?: Cell;
  /** 延期记录 */
  extensions: readonly { newDate?: Cell; reason?: Cell; toldAt?: Cell }[];
  /** 归还时间 */
  returnedAt?: Cell;
  /** 交付给 */
  returnedTo?: Cell;
  /** 核对方式 */
  identityCheck?: Cell;
  /** 当面检测: 是/否 */
  testedInFront?: Cell;
  /** 归还状态 */
  conditionBack?: Cell;
  /** 收回凭证: 是/否 */
  voucherTakenBack?: Cell;
  /** 遗失声明 */
  lostDeclaration?: Cell;
  /** 取机：客户签章 */
  signatureOut: SignatureBlock;
  /** 取机：技服人员签字 */
  technicianOut?: Signature;
  /** 归还：客户签章 */
  signatureBack: SignatureBlock;
  /** 归还：技服人员签字 */
  technicianBack?: Signature;
}

/** One thing taken along. */
export interface PickUpItem {
  /** 品名: 主机/打印机/读卡器/专用设备 */
  name?: Cell;
  /** 品牌 */
  brand?: Cell;
  /** 型号 */
  model?: Cell;
  /** 编号, or 无 */
  serialNo?: Cell;
  /** 附件, or 无 */
  accessories?: Cell;
  /** 外观 */
  appearance?: Cell;
  /** 照片: how many, or digests. */
  photo?: Cell;
}

/** 售后服务回单: printed three times, 客户联, 公司联 and 存根. */
export interface Receipt {
  head: FormHead;
  customer: CustomerBrief;
  /** 技服表格号 */
  serviceForm?: Cell;
  /** 服务类别: 安装/维修/更换/升级/培训 */
  serviceKind?: Cell;
  /** 设备编号 */
  serials?: Cell;
  /** 故障 */
  faultSummary?: Cell;
  /** 处理 */
  treatmentSummary?: Cell;
  /** 更换配件 (旧/新编号) */
  parts?: Cell;
  /** 到达 */
  arriveAt?: Cell;
  /** 离开 */
  leaveAt?: Cell;
  /** 收费 */
  charged?: Cell;
  /** 已开票据: 是/否 */
  invoiceGiven?: Cell;
  /** 结果: 已解决/临时解决/未解决/取回/非本系统 */
  result?: Cell;
  /** 客户意见 */
  opinion?: Cell;
  /** 满意度: 非常满意/满意/一般/不满意/非常不满意/未评 */
  satisfaction?: Cell;
  /** 监督地点 (CMP-01) */
  complaintPlace?: Cell;
  /** 监督电话 (CMP-01) */
  complaintPhone?: Cell;
  /** 客户联已交: 是/否 */
  customerCopyGiven?: Cell;
  /** 公司联交回时间 */
  companyCopyInAt?: Cell;
  /** 核对人 */
  checkedBy?: Cell;
  /** 不符说明 */
  mismatch?: Cell;
  signature: SignatureBlock;
  /** 服务人员签字 */
  technicianSignature?: Signature;
}

/** 开通登记表 */
export interface ActivationForm {
  head: FormHead;
  customer: CustomerBlock;
  devices: readonly DeviceLine[];
  charges: readonly ChargeLine[];
  /** 申请时间 */
  requestedAt?: Cell;
  /** 安装使用告知书编号 */
  noticeNo?: Cell;
  /** 告知书日期 */
  noticeOn?: Cell;
  /** 告知书附件 */
  noticeFile?: Cell;
  /** 纳税人类型: 一般纳税人/小规模 */
  taxpayerType?: Cell;
  /** 法定代表人 */
  legalRep?: Cell;
  /** 开票员及电话 */
  invoiceClerk?: Cell;
  /** 注册地址 */
  registeredAddress?: Cell;
  /** 注册电话 */
  registeredPhone?: Cell;
  /** 开户行 */
  bank?: Cell;
  /** 账号 */
  account?: Cell;
  /** 票种: 专用/普通 */
  invoiceKinds?: Choice;
  /** 最高开票限额, per kind */
  invoiceLimit?: Cell;
  /** 月领用份数 */
  monthlyQuota?: Cell;
  /** 开票机数 */
  machines?: Cell;
  /** 已有计算机: 是/否 */
  hasComputer?: Cell;
  /** 已有打印机: 是/否 */
  hasPrinter?: Cell;
  /** 打印机型号 */
  printerModel?: Cell;
  /** 操作系统 */
  os?: Cell;
  /** 内存 */
  memoryMB?: Cell;
  /** 设备推介: 是/否 */
  recommended?: Cell;
  /** 选择: 自备/自愿购买/不需要 */
  choice?: Cell;
  /** 自愿购买确认 */
  voluntaryConfirm?: Cell;
  /** 专机专用已告知: 是/否 */
  dedicatedMachine?: Cell;
  /** 已询问费用: 是/否 */
  feeAsked?: Cell;
  /** 备份提醒 */
  backupAskedAt?: Cell;
  /** 数据备份: 已备份/新机无数据/不可能/未备份 */
  backup?: Cell;
  /** 备份核对人及时间 */
  backupCheckedBy?: Cell;
  /** 风险确认 */
  riskNote?: Cell;
  /** 约定发行时间 */
  issuanceAt?: Cell;
  /** 税务人员 */
  officer?: Cell;
  /** 在场: 是/否 */
  officerPresent?: Cell;
  /** 等待起止 */
  wait?: Cell;
  /** 发行结果, one line per device. */
  issues: readonly IssueLine[];
  /** 与税务商定安装时间 */
  officerInstallAt?: Cell;
  /** 客户预约 */
  installAt?: Cell;
  /** 到达 */
  arrivedAt?: Cell;
  /** 安装完成 */
  installedAt?: Cell;
  /** 离开 */
  leftAt?: Cell;
  /** 开票软件版本 */
  softwareVersion?: Cell;
  /** 工具清单 */
  kitChecked?: Cell;
  /** 发票样张 */
  sample?: Cell;
  /** 样张用纸: 普通纸/正式发票 */
  sampleOn?: Cell;
  /** 样张号码 */
  sampleNo?: Cell;
  /** 样张作废: 是/否 */
  sampleVoided?: Cell;
  /** 讲解: 开票/作废红冲/抄报税/备份/注意事项 */
  explained?: Choice;
  /** 免费培训告知: 是/否 */
  trainingOffered?: Cell;
  /** 需要培训: 是/否 */
  trainingWanted?: Cell;
  /** 服务合同 */
  contractNo?: Cell;
  /** 销货单号 */
  salesSlipNo?: Cell;
  /** 借条已销: 是/否 */
  slipCleared?: Cell;
  /** 交技服部 */
  handedToTechAt?: Cell;
  /** 归档号 */
  archiveNo?: Cell;
  /** 特征码申请 */
  codeApplied?: Cell;
  /** 特征码收到 */
  codeReceivedAt?: Cell;
  /** 特征码, masked */
  code?: Cell;
  /** 告知 (时间、经办、对象) */
  codeTold?: Cell;
  /** 核对方式 */
  identityCheck?: Cell;
  /** 首张发票 */
  firstInvoiceAt?: Cell;
  /** 开通回访 */
  activationFollowUp?: Cell;
  signature: SignatureBlock;
  /** 技服人员签字 */
  technicianSignature?: Signature;
}

/** 发行结果 of one device. */
export interface IssueLine {
  /** 编号 */
  serialNo?: Cell;
  /** 发行结果: 成功/失败 */
  issueResult?: Cell;
  /** 原因 */
  failure?: Cell;
  /** 备用编号 */
  spareSerial?: Cell;
  /** 发行时间 */
  issuedAt?: Cell;
}

/** 专用设备收发存台账 (REG-05): a report over a time, of no case. */
export interface DeviceLedgerSheet {
  head: Pick<
    FormHead,
    'company' | 'hotline' | 'formNo' | 'filledBy' | 'filledAt' | 'printedAt' | 'createdAt'
  >;
  /** 期间 */
  period?: Cell;
  /** 报送期限 */
  dueOn?: Cell;
  /** What must be known of it as a whole, e.g. that the month is not over. */
  state?: Cell;
  lines: readonly (StockNumbers & {
    /** 类别: 金税卡/IC卡/读卡器/金税盘/税控盘/报税盘 */
    family?: Cell;
    /** 型号 */
    model?: Cell;
  })[];
  /** 合计 */
  total: StockNumbers;
  /** 逐号明细; none when it was not asked for. */
  devices: readonly StockDevice[];
}

/** Numbers of devices. */
export interface StockNumbers {
  /** 期初结存 */
  opening?: Cell;
  /** 本期收入：购入 */
  imported?: Cell;
  /** 本期收入：厂家退回 */
  fromManufacturer?: Cell;
  /** 本期收入：客户退回 */
  fromCustomers?: Cell;
  /** 本期收入：找回 */
  found?: Cell;
  /** 本期发出：交付客户 */
  issued?: Cell;
  /** 本期发出：退厂 */
  toManufacturer?: Cell;
  /** 本期发出：遗失 */
  lost?: Cell;
  /** 期末结存 */
  closing?: Cell;
  /** 其中：在库 */
  inHouse?: Cell;
  /** 其中：借出 */
  onLoan?: Cell;
}

/** One device of the ledger. */
export interface StockDevice {
  /** 编号 */
  serialNo?: Cell;
  /** 类别、型号 */
  name?: Cell;
  /** 期初: 有/无 */
  opening?: Cell;
  /** 本期收发: one line each, with its day and the other side. */
  moves?: Cell;
  /** 期末所在 */
  holder?: Cell;
}

/** The printed forms and what each of them shows. */
export interface DocumentModels {
  complaintHandlingForm: ComplaintHandlingForm;
  serviceForm: ServiceForm;
  borrowSlip: BorrowSlip;
  pickUpVoucher: PickUpVoucher;
  receipt: Receipt;
  activationForm: ActivationForm;
  deviceLedger: DeviceLedgerSheet;
}

export type DocumentKind = keyof DocumentModels;
