import dns from 'node:dns'
import net from 'node:net'

// Loaded before every test file: an attempt to connect to another machine throws, in the mock and in the tests.
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)?$/

const networkError = (host: string): Error =>
  Object.assign(new Error(`${host} is not this machine: tests must not use the network`), { code: 'ENOTFOUND' })

const connect: Function = Reflect.get(net.Socket.prototype, 'connect')
net.Socket.prototype.connect = function (this: net.Socket, ...args: any[]): net.Socket {
  const [options, second] = Array.isArray(args[0]) ? args[0] : args // Node's own callers pass a normalized list
  const host = typeof options === 'object' ? (options.host ?? '') : typeof second === 'string' ? second : ''
  // A name fails in `lookup` below.
  if (net.isIP(host) !== 0 && !LOOPBACK.test(host)) throw networkError(host)
  return Reflect.apply(connect, this, args)
}

const { lookup } = dns
dns.lookup = Object.assign((host: string, ...rest: any[]): void => {
  if (LOOPBACK.test(host)) Reflect.apply(lookup, dns, [host, ...rest])
  else process.nextTick(rest.at(-1), networkError(host))
}, lookup)
