import { translations } from '../language.ts'

/** The words of the answer to a chat request that the page has sent. */
export const chatWords = translations(
  {
    states: {
      sending: 'Waiting for the first byte…',
      receiving: 'Receiving…',
      complete: 'Ended',
      cancelled: 'Cancelled',
      failed: 'The connection failed',
    },
    withoutDone: 'Ended without [DONE]',
    firstByte: 'first byte',
    total: 'total',
    inJournal: 'Show in the journal',
    pictureOf: (prompt: string) => `Picture of the prompt ${prompt}`,
    notLoaded: 'The picture cannot be loaded.',
    text: 'Text of the assistant',
    frames: (count: number) => (count === 1 ? '1 frame' : `${count} frames`),
    comment: 'comment',
    body: 'Body',
    emptyBody: 'The body is empty.',
    cancel: 'Cancel',
  },
  {
    states: {
      sending: '等待首字节…',
      receiving: '接收中…',
      complete: '已结束',
      cancelled: '已取消',
      failed: '连接失败',
    },
    withoutDone: '结束时没有 [DONE]',
    firstByte: '首字节',
    total: '总计',
    inJournal: '在请求记录中查看',
    pictureOf: (prompt) => `提示词“${prompt}”的图片`,
    notLoaded: '图片无法加载。',
    text: 'assistant 的文本',
    frames: (count) => `${count} 帧`,
    comment: '注释',
    body: '响应体',
    emptyBody: '响应体为空。',
    cancel: '取消',
  },
)
