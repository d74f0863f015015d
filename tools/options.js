// Makes the table of options in README.md and README.zh-CN.md from src/mock/options.ts and src/cli/command-line.ts.
// Run by hand after an option has changed: npm run build && node tools/options.js
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { commandOptions } from '../build/cli/command-line.js'
import { LISTEN_OPTIONS, MOCK_OPTIONS } from '../build/mock/options.js'

const BEGIN = '<!-- made by tools/options.js -->\n\n'
const END = '\n<!-- end of options -->\n'

// The files with the table, and its head in each.
const READMES = {
  'README.md': '| flag | variable | in code | default | |\n',
  'README.zh-CN.md': '| 命令行选项 | 环境变量 | 代码中 | 默认值 | |\n',
}

// The Chinese description of each flag.
const HELP = {
  port: '监听的端口；0 表示任意空闲端口',
  host: '监听的地址；0.0.0.0 表示所有地址',
  spec: '改用另一个 OpenAPI 3.0 或 3.1 文件',
  fixtures: '一个文件夹，其中的 profiles.yaml 和 scenarios/ 叠加在内置内容之上',
  'public-url': '链接的开头部分，用于 mock 位于代理之后的情形',
  scenario: '未另行指定场景的聊天请求所用的场景',
  'fault-rate': '随机得到 --fault 所列场景之一的聊天请求所占的比例',
  fault: '供 --fault-rate 抽取的场景；可重复指定，在环境变量中用逗号分隔',
  contract: 'enforce 拒绝违反契约的请求；report 对能够理解的部分照常应答，并说明违规之处',
  journal: '每个会话保留的请求数',
  store: '多个 mock 共用的 Redis 或 Valkey，写作 redis://HOST:PORT/0?prefix=NAME；TLS 用 rediss:',
  'allow-host': '另外允许用来访问控制 API 的主机名；可重复指定，在环境变量中用逗号分隔',
  'control-token': '控制 API 要求请求头 x-mock-control-token 携带的令牌',
  coverage: '结束时把契约覆盖情况写入哪个文件：.json、.md 或 .xml（JUnit）',
  'fail-on-violation': '若有请求违反契约，结束时以退出码 1 退出',
  watch: '文件变更时重新读取契约、profile 和场景；若文件有误，则报告错误并沿用原有内容',
  pace: '应答的耗时：instant、real，或相对于 real 的倍数',
  errors: '错误采用谁的状态码、措辞和外层结构：openai 或 gateway',
  'api-key': '只接受此密钥；可重复指定，在环境变量中用逗号分隔',
  seed: '换一个种子，ID 和图片就随之改变',
  clock: '应答中的时间：fixed 或 real',
  grace: '收到 SIGTERM 后，留给未完成的流的时间（秒）',
  log: '每个请求在 stderr 输出一行：pretty、json 或 silent',
  'log-level': '至少达到哪一级别才记录：error、warn、info 或 debug',
  wait: '`ready` 等待尚未就绪的 mock 的时间（秒）',
}

// The Chinese text of the defaults that are words. A default that is a value is the same in both.
const DEFAULTS = {
  packaged: '内置',
  "the request's Host": '请求的 Host',
  none: '无',
  "this process's memory": '本进程的内存',
  'local names': '本地名称',
  off: '关闭',
  'any key passes': '接受任意密钥',
  'pretty on a terminal, else json': '终端上为 pretty，否则为 json',
}

/** The table of one of the READMEs. A flag without a Chinese description is an error. */
export function optionTable(readme = 'README.md') {
  const rows = commandOptions.map(({ option, flag: { name, env, value, defaultsTo }, help }) => {
    const isInCode = option in MOCK_OPTIONS || option in LISTEN_OPTIONS
    const [fallback, text] =
      readme === 'README.md' ? [defaultsTo, help] : [DEFAULTS[defaultsTo] ?? defaultsTo, HELP[name]]
    if (text === undefined) throw new Error(`tools/options.js: add the Chinese description of --${name} to HELP`)
    const cells = [`\`${`--${name} ${value}`.trim()}\``, `\`${env}\``, isInCode ? `\`${option}\`` : '', fallback, text]
    return `| ${cells.join(' | ')} |\n`
  })
  return [READMES[readme], '|---|---|---|---|---|\n', ...rows].join('')
}

/** A README with the table between its two marks. */
export function withTable(readme, table) {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin)
    throw new Error(`the table stands between the lines ${BEGIN.trim()} and ${END.trim()}, with an empty line at each`)
  return readme.slice(0, begin) + BEGIN + table + readme.slice(end)
}

if (realpathSync(process.argv[1]) === import.meta.filename) {
  for (const name of Object.keys(READMES)) {
    const file = fileURLToPath(new URL(`../${name}`, import.meta.url))
    writeFileSync(file, withTable(readFileSync(file, 'utf8'), optionTable(name)))
  }
}
