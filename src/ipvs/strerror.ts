// SPDX-License-Identifier: GPL-2.0-only

/** What was asked of the kernel when it refused. */
export type Operation =
  | "init"
  | "info"
  | "addService"
  | "editService"
  | "deleteService"
  | "flush"
  | "zero"
  | "services"
  | "service"
  | "addServer"
  | "editServer"
  | "deleteServer"
  | "servers"
  | "timeouts"
  | "setTimeouts"
  | "daemons"
  | "startDaemon"
  | "stopDaemon"
  | "addRule"
  | "editRule"
  | "deleteRule"
  | "rules"
  | "addZone"
  | "deleteZone"
  | "addLocalAddress"
  | "deleteLocalAddress"
  | "zones"
  | "addServiceAddress"
  | "deleteServiceAddress"
  | "serviceAddresses"
  | "setSync"
  | "sync"
  | "handover"
  | "flows"
  | "connections"
  | "extStats";

type Texts = Readonly<Record<string, string>>;

const NO_FULLNAT = "The loaded ip_vs module has no FULLNAT: it is older than this tsipvsadm";
const NO_SYNC = "The loaded ip_vs module does not synchronise flows: it is older than this tsipvsadm";
const NOT_PROXIED = "The service has SYNPROXY (-j enable), which is only for servers with -m or -b";
const OLDER = "The loaded ip_vs module has no zones: it is older than this tsipvsadm";

/** What ipvsadm says of an errno of this operation. */
const byOperation: Partial<Readonly<Record<Operation, Texts>>> = {
  addService: { EEXIST: "Service already exists", ENOENT: "Scheduler or persistence engine not found" },
  editService: {
    ESRCH: "No such service",
    ENOENT: "Scheduler or persistence engine not found",
    EOPNOTSUPP: "SYNPROXY (-j enable) is only for servers with -m or -b, and the service has others",
  },
  deleteService: { ESRCH: "No such service" },
  zero: { ESRCH: "No such service" },
  service: { ESRCH: "No such service" },
  servers: { ESRCH: "No such service" },
  addServer: { ESRCH: "Service not defined", EEXIST: "Destination already exists", EOPNOTSUPP: NOT_PROXIED },
  editServer: { ESRCH: "Service not defined", ENOENT: "No such destination", EOPNOTSUPP: NOT_PROXIED },
  deleteServer: { ESRCH: "Service not defined", ENOENT: "No such destination" },
  startDaemon: { EEXIST: "Daemon has already run" },
  stopDaemon: { ESRCH: "No daemon is running" },
  addRule: {
    ESRCH: "Service not defined",
    EEXIST: "SNAT rule already exists",
    EINVAL: "Invalid SNAT rule",
    ERANGE: "Invalid SNAT rule",
  },
  editRule: {
    ESRCH: "Service not defined",
    ENOENT: "No such SNAT rule",
    EINVAL: "Invalid SNAT rule",
    ERANGE: "Invalid SNAT rule",
  },
  deleteRule: { ESRCH: "Service not defined", ENOENT: "No such SNAT rule", EINVAL: "Invalid SNAT rule" },
  rules: { ESRCH: "Service not defined" },
  setSync: { EOPNOTSUPP: NO_SYNC, ENODEV: "The sync daemon's device is not there", EADDRINUSE: "The UDP port is in use" },
  sync: { EOPNOTSUPP: NO_SYNC },
  handover: {
    EOPNOTSUPP: NO_SYNC,
    ESRCH: "There is nothing to hand over: no master daemon runs here, or no backup is there",
    ETIMEDOUT: "A backup has not confirmed in time",
  },
  addZone: {
    ESRCH: "No such zone",
    EEXIST: "Zone already exists",
    EINVAL: "Invalid zone",
    ENOSPC: "Too many zones",
    EOPNOTSUPP: OLDER,
  },
  deleteZone: { ESRCH: "No such zone", EINVAL: "Invalid zone", EOPNOTSUPP: OLDER },
  addLocalAddress: {
    EOPNOTSUPP: OLDER,
    ESRCH: "No such zone",
    EEXIST: "Local address already exists",
    EINVAL: "Invalid local address",
    ERANGE: "Invalid local address",
    ENOSPC: "Too many local addresses",
  },
  deleteLocalAddress: {
    ESRCH: "No such zone",
    ENOENT: "No such Local address",
    EINVAL: "Invalid local address",
    EOPNOTSUPP: OLDER,
  },
  zones: { ESRCH: "No such zone", EINVAL: "Invalid zone", EOPNOTSUPP: OLDER },
  addServiceAddress: {
    EOPNOTSUPP: NO_FULLNAT,
    ESRCH: "Service not defined",
    EEXIST: "Local address already exists",
    EINVAL: "Invalid local address",
    ERANGE: "Invalid local address",
    ENOSPC: "Too many local addresses",
  },
  deleteServiceAddress: {
    EOPNOTSUPP: NO_FULLNAT,
    ESRCH: "Service not defined",
    ENOENT: "No such Local address",
    EINVAL: "Invalid local address",
  },
  serviceAddresses: { EOPNOTSUPP: NO_FULLNAT, ESRCH: "Service not defined" },
};

/** What ipvsadm says of an errno of any other operation. */
const common: Texts = {
  EPERM: "Permission denied (you must be root)",
  EINVAL: "Invalid operation.  Possibly wrong module version, address not unicast, ...",
  ENOPROTOOPT: "Protocol not available",
  ENOMEM: "Memory allocation problem",
  EOPNOTSUPP: "Operation not supported with IPv6",
  EAFNOSUPPORT: "Operation not supported with specified address family",
  EMSGSIZE: "Module is wrong version",
};

/** The C library's words for the others that these families return. */
const system: Texts = {
  ENOENT: "No such file or directory",
  ESRCH: "No such process",
  EINTR: "Interrupted system call",
  EIO: "Input/output error",
  EBADF: "Bad file descriptor",
  EAGAIN: "Resource temporarily unavailable",
  EACCES: "Permission denied",
  EFAULT: "Bad address",
  EBUSY: "Device or resource busy",
  EEXIST: "File exists",
  ENODEV: "No such device",
  ENOSPC: "No space left on device",
  ERANGE: "Numerical result out of range",
  EBADMSG: "Bad message",
  EOVERFLOW: "Value too large for defined data type",
  EPROTO: "Protocol error",
  EPROTONOSUPPORT: "Protocol not supported",
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign requested address",
  ENETDOWN: "Network is down",
  ENETUNREACH: "Network is unreachable",
  ENOBUFS: "No buffer space available",
  ETIMEDOUT: "Connection timed out",
  EHOSTUNREACH: "No route to host",
  EMFILE: "Too many open files",
};

/** One line for an errno's name that came back from `operation`. */
export function strerror(operation: Operation, errno: string): string {
  return byOperation[operation]?.[errno] ?? common[errno] ?? system[errno] ?? `Unknown error (${errno})`;
}
