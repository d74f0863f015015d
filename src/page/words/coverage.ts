import { translations } from '../language.ts'

/** What items of the coverage are called, by column or section. An item without such a word is called by its name. */
type ItemNames = Readonly<Record<string, Readonly<Record<string, string>>>>

const FORMS = { whole: 'JSON', stream: 'SSE' }
const CONTENTS_ZH = {
  string: '字符串',
  'text part': '文本内容块',
  'image_url part': 'image_url 内容块',
  'file_url part': 'file_url 内容块',
  link: '链接',
  'earlier picture': '前几轮的图片',
}

const ENGLISH_NAMES: ItemNames = { form: FORMS, forms: FORMS }

/** The words of the coverage. */
export const coverageWords = translations(
  {
    title: 'Coverage',
    about: 'What the requests have tried, and what they have not.',
    total: 'All requests since the start, including those before a reset',
    matrix: 'What was tried together',
    model: 'Model',
    unknownModel: 'not in the contract',
    groups: { form: 'Form', contents: 'Content', status: 'Status', scenario: 'Scenario' },
    names: ENGLISH_NAMES,
    normal: 'none',
    sections: {
      operations: 'Operations',
      models: 'Models',
      parameters: 'Parameters',
      contents: 'Kinds of content',
      forms: 'JSON and SSE',
      statuses: 'Statuses',
      codes: 'Error codes',
      scenarios: 'Scenarios',
    },
    section: 'Section',
    covered: (covered: number, total: number) => `${covered} of ${total}`,
    used: (count: number) => `${count} used`,
    requests: 'requests',
    never: 'not tried',
    violations: 'Violations of the contract',
    noViolations: 'No request violated the contract.',
    unknownFields: 'Unknown fields',
    code: 'Code',
    operation: 'Operation',
    hint: 'Problem',
    place: 'Place in the contract',
    count: 'Requests',
    download: 'Download',
    inCi: 'In CI, the command writes the same files when it ends:',
    notCounted: (count: number) => `${count} uses of other items were not counted: there are too many different ones.`,
  },
  {
    title: '覆盖率',
    about: '请求已经覆盖和尚未覆盖的内容。',
    total: '启动以来的所有请求，包括重置之前的请求',
    matrix: '组合覆盖情况',
    model: '模型',
    unknownModel: '契约中没有',
    groups: { form: '形式', contents: '内容', status: '状态码', scenario: '场景' },
    names: { form: FORMS, forms: FORMS, contents: CONTENTS_ZH },
    normal: '无',
    sections: {
      operations: '操作',
      models: '模型',
      parameters: '参数',
      contents: '内容类型',
      forms: 'JSON 和 SSE',
      statuses: '状态码',
      codes: '错误码',
      scenarios: '场景',
    },
    section: '类别',
    covered: (covered, total) => `${covered} / ${total}`,
    used: (count) => `用到 ${count} 个`,
    requests: '次请求',
    never: '未覆盖',
    violations: '违反契约',
    noViolations: '没有请求违反契约。',
    unknownFields: '未知字段',
    code: '代码',
    operation: '操作',
    hint: '问题',
    place: '契约中的位置',
    count: '请求数',
    download: '下载',
    inCi: '在 CI 中，命令结束时会写入相同的文件：',
    notCounted: (count) => `有 ${count} 次其他项的使用没有计数，因为不同的项太多。`,
  },
)
