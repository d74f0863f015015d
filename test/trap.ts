import dns from 'node:dns'
import net from 'node:net'

// Every test runs with this: whatever would leave this machine is an error where it is tried, in the mock and in the tests.
const HOME = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)?$/

const notHome = (host: string): Error =>
  Object.assign(new Error(`${host} was asked for, which is not this machine`), { code: 'ENOTFOUND' })

const connect: Function = Reflect.get(net.Socket.prototype, 'connect')
net.Socket.prototype.connect = function (this: net.Socket, ...args: any[]): net.Socket {
  const [options, second] = Array.isArray(args[0]) ? args[0] : args // Node's own callers give what they have normalized
  const host = typeof options === 'object' ? (options.host ?? '') : typeof second === 'string' ? second : ''
  // A name is looked up first, which says the same.
  if (net.isIP(host) !== 0 && !HOME.test(host)) throw notHome(host)
  return Reflect.apply(connect, this, args)
}

const { lookup } = dns
dns.lookup = Object.assign((host: string, ...rest: any[]): void => {
  if (HOME.test(host)) Reflect.apply(lookup, dns, [host, ...rest])
  else process.nextTick(rest.at(-1), notHome(host))
}, lookup)
