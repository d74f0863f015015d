// Writes the table of options into the files below, from src/mock/options.ts and src/cli/command-line.ts.
// Run it after an option has changed: npm run build && node tools/options.js
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { commandOptions } from '../build/cli/command-line.js'
import { LISTEN_OPTIONS, MOCK_OPTIONS } from '../build/mock/options.js'

const BEGIN = '<!-- made by tools/options.js -->\n\n'
const END = '\n<!-- end of options -->\n'

// The head of the table in each file with a table. Files that end with .zh-CN.md are in Chinese.
const HEADS = {
  'README.md': '| flag | variable | in code | default | |\n',
  'README.zh-CN.md': '| 命令行选项 | 环境变量 | 代码中 | 默认值 | |\n',
}

// The Chinese description of each flag.
const HELP = {
  port: '监听的端口；0 表示使用任意空闲端口',
  host: '监听的地址；0.0.0.0 表示监听所有地址',
  'public-url': '所有图片链接的开头部分，用于 mock 位于代理之后的情况',
  'api-key': '只接受此 API 密钥；可重复指定，在环境变量中用逗号分隔',
  'allow-host': '控制 API 额外允许的主机名；可重复指定，在环境变量中用逗号分隔',
  'control-token': '控制 API 要求在请求头 x-mock-control-token 中携带的令牌',
  watch: '--spec 和 --fixtures 的文件变更时重新加载；文件无效时继续使用上一个有效版本',
  grace: '收到 SIGTERM 后，未完成的响应可以继续的时间（秒）',
  wait: '用于 ready 命令：等待 mock 就绪的最长时间（秒）',
  fixtures: '存放自定义模型（profiles.yaml）和自定义场景（scenarios/NAME.yaml）的文件夹',
  errors: '错误格式：openai，或 gateway（使用网关的状态码和错误消息）',
  pace: '响应的速度：instant、real 或一个倍数：0.1 表示耗时为 real 的十分之一',
  seed: '换一个种子，ID 和图片就会不同',
  clock: 'created 中的时间：fixed（始终相同）或 real（当前时间）',
  spec: '将此 OpenAPI 3.0 或 3.1 文件用作契约',
  contract: 'enforce 拒绝无效的请求；report 尽可能返回响应，并报告违规之处',
  coverage: 'mock 结束时将契约覆盖率写入此文件：.json、.md 或 .xml（JUnit）',
  'fail-on-violation': '如有请求违反契约，结束时退出码为 1',
  scenario: '聊天请求的默认场景',
  'fault-rate': '随机使用 --fault 所列场景之一的聊天请求所占的比例，0 到 1',
  fault: '用于 --fault-rate 的场景；可重复指定，在环境变量中用逗号分隔',
  store:
    '多个 mock 共享的 Redis 或 Valkey：redis://HOST:PORT/0?prefix=NAME，TLS 使用 rediss:；其他用户可以看到命令行选项，因此请把带密码的 URL 放在环境变量中',
  journal: '请求记录为每个会话保留的请求数',
  log: 'stderr 上日志的形式，每个请求一行：pretty、json 或 silent',
  'log-level': '记录的最低级别：error、warn、info 或 debug',
}

// The Chinese text of the defaults that are words. A default that is a value is the same in both languages.
const DEFAULTS = {
  packaged: '内置',
  "the request's Host": '请求的 Host',
  none: '无',
  "this process's memory": '本进程的内存',
  'local names': '本地名称',
  off: '关闭',
  'all keys are accepted': '接受任意密钥',
  'pretty on a terminal, otherwise json': '终端上为 pretty，否则为 json',
}

/** The table for one of the files. A flag without a Chinese description is an error. */
export function optionTable(file = 'README.md') {
  const isChinese = file.endsWith('.zh-CN.md')
  const rows = commandOptions.map(({ option, flag: { name, env, value, defaultsTo }, help }) => {
    const isInCode = option in MOCK_OPTIONS || option in LISTEN_OPTIONS
    const [fallback, text] = isChinese ? [DEFAULTS[defaultsTo] ?? defaultsTo, HELP[name]] : [defaultsTo, help]
    if (text === undefined) throw new Error(`tools/options.js: add the Chinese description of --${name} to HELP`)
    const cells = [`\`${`--${name} ${value}`.trim()}\``, `\`${env}\``, isInCode ? `\`${option}\`` : '', fallback, text]
    return `| ${cells.join(' | ')} |\n`
  })
  return [HEADS[file], '|---|---|---|---|---|\n', ...rows].join('')
}

/** The text of a file with the table between its two marks. */
export function withTable(text, table) {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin)
    throw new Error(
      `the table must be between the lines ${BEGIN.trim()} and ${END.trim()}, with an empty line next to each`,
    )
  return text.slice(0, begin) + BEGIN + table + text.slice(end)
}

if (realpathSync(process.argv[1]) === import.meta.filename) {
  for (const name of Object.keys(HEADS)) {
    const file = fileURLToPath(new URL(`../${name}`, import.meta.url))
    writeFileSync(file, withTable(readFileSync(file, 'utf8'), optionTable(name)))
  }
}
