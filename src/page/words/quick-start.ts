import { translations } from '../language.ts'

/** The words of the page while the journal is empty. */
export const quickStartWords = translations(
  {
    title: 'Send the first request',
    about: 'The mock is running. Requests appear here as soon as your client sends them.',
    baseUrl: 'Base URL for your client',
    anyKey: 'Any API key works, unless the mock was started with --api-key.',
    snippets: 'Ways to send a request',
    sample: 'Send a sample request',
    sampleAbout: 'This page sends it now, and opens it in the journal with its picture.',
    samplePrompt: 'a fox in the snow',
    answer: 'Answer',
    models: 'Models',
    families: (names: string) => `Also any name of these families: ${names}`,
    serves: (count: number) =>
      count === 1 ? 'This mock serves 1 operation:' : `This mock serves ${count} operations:`,
    noChat: 'Its contract has no chat operation, so there are no pictures to try.',
    more: (count: number) => `${count} more in the contract`,
    call: 'Call the first one',
    copyUrl: 'Copy the base URL',
  },
  {
    title: '发送第一个请求',
    about: 'mock 正在运行。客户端发送的请求会立即显示在这里。',
    baseUrl: '客户端使用的 base URL',
    anyKey: '可以使用任意 API 密钥，除非 mock 启动时指定了 --api-key。',
    snippets: '发送请求的方式',
    sample: '发送示例请求',
    sampleAbout: '由本页面立即发送，随后在请求记录中打开并显示图片。',
    samplePrompt: '雪地里的一只狐狸',
    answer: '响应',
    models: '模型',
    families: (names) => `也可以使用以下系列中的任意名称：${names}`,
    serves: (count) => `此 mock 提供 ${count} 个操作：`,
    noChat: '它的契约中没有聊天操作，因此没有可以试用的图片。',
    more: (count) => `契约中还有 ${count} 个`,
    call: '调用第一个操作',
    copyUrl: '复制 base URL',
  },
)
