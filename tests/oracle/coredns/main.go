// Command coredns asks CoreDNS whether it would load a Corefile, without starting it.
//
// JSON lines in, JSON lines out, in the same order; see ../README.md. ../build.sh builds it, for CoreDNS 1.7.0 as Go 1.13.
//
// The program runs itself a second time as a worker: a case that does not end or that kills the runtime (a stack overflow cannot be
// recovered) then costs one worker and not the run.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/coredns/caddy"
	"github.com/coredns/caddy/caddyfile"
	_ "github.com/coredns/coredns/core/dnsserver"
)

const (
	limit     = 5 * time.Second
	recycle   = 5000 // cases for one worker: some plugins leave files or goroutines behind
	workerEnv = "KPL_ORACLE_WORKER"
	token     = "/var/run/secrets/kubernetes.io/serviceaccount/token"
)

type question struct {
	ID       json.RawMessage   `json:"id"`
	Corefile string            `json:"corefile"`
	Base64   []byte            `json:"corefile_base64"` // instead of corefile, for what is not UTF-8
	Env      map[string]string `json:"env"`
	Cwd      string            `json:"cwd"`
}

type answer struct {
	ID    json.RawMessage `json:"id"`
	Loads bool            `json:"loads"`
	Phase string          `json:"phase"` // how far it came: parse, setup, servers; question when that was at fault
	Error *string         `json:"error"`
}

func main() {
	if os.Getenv(workerEnv) != "" {
		work()
		return
	}
	runtime.LockOSThread() // a worker that hangs is killed when the thread that started it ends
	if err := supervise(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

// ---- the side that the caller sees

type worker struct {
	cmd     *exec.Cmd
	ask     io.WriteCloser
	answers chan []byte // one per case, closed when the worker is gone
	stderr  *tail
	served  int
}

func supervise(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<16)
	results := bufio.NewWriterSize(out, 1<<16)
	defer results.Flush()
	var current *worker
	defer func() { current.stop() }()
	for {
		line, err := lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if current == nil {
				if current, err = start(); err != nil {
					return err
				}
			}
			text, alive := current.judge(line)
			results.Write(append(text, '\n'))
			if current.served++; !alive || current.served == recycle {
				current.stop()
				current = nil
			}
			// Answer at once when nothing more waits: the caller may be talking to us case by case.
			if lines.Buffered() == 0 {
				results.Flush()
			}
		}
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

var warned = map[string]bool{}

func warn(format string, values ...interface{}) {
	if text := fmt.Sprintf(format, values...); !warned[text] {
		warned[text] = true
		fmt.Fprintln(os.Stderr, "oracle:", text)
	}
}

func start() (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	answers, far, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	made := &worker{answers: make(chan []byte)}
	launch := func(kind string, attributes *syscall.SysProcAttr) error {
		made.stderr = &tail{}
		made.cmd = exec.Command(self)
		made.cmd.Env = append(os.Environ(), workerEnv+"="+kind)
		made.cmd.ExtraFiles = []*os.File{far} // 3; standard output goes to nowhere, whoever prints there
		made.cmd.Stderr = made.stderr
		made.cmd.SysProcAttr = attributes
		if made.ask, err = made.cmd.StdinPipe(); err != nil {
			return err
		}
		return made.cmd.Start()
	}
	refused := launch("apart", namespaces())
	if refused != nil {
		warn("no namespaces (%v): host names are looked up", refused)
		err = launch("plain", &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL})
	}
	far.Close()
	if err != nil {
		return nil, err
	}
	reader := bufio.NewReaderSize(answers, 1<<16)
	hello, err := reader.ReadString('\n')
	if err != nil {
		made.cmd.Wait()
		return nil, fmt.Errorf("the worker did not start: %s", made.stderr.reason())
	}
	if hello = strings.TrimSpace(hello); hello != "" {
		warn("%s", hello)
	}
	go func() {
		defer answers.Close()
		defer close(made.answers)
		for {
			line, err := reader.ReadBytes('\n')
			if err != nil {
				return
			}
			made.answers <- bytes.TrimSpace(line)
		}
	}()
	return made, nil
}

// judge passes one case on; false when the worker cannot be asked again.
func (w *worker) judge(line []byte) ([]byte, bool) {
	go w.ask.Write(append(line, '\n')) // a write may block for as long as the case runs
	timer := time.NewTimer(limit)
	defer timer.Stop()
	reason := "timeout"
	select {
	case text, alive := <-w.answers:
		if alive {
			return text, true
		}
		w.cmd.Wait()
		reason = "panic: " + w.stderr.reason()
	case <-timer.C:
	}
	var asked question
	json.Unmarshal(line, &asked)
	text, _ := json.Marshal(answer{ID: asked.ID, Phase: "setup", Error: &reason})
	return text, false
}

func (w *worker) stop() {
	if w == nil {
		return
	}
	w.cmd.Process.Kill()
	for range w.answers {
	}
	w.ask.Close()
	w.cmd.Wait()
}

// tail keeps the end of what was written.
type tail struct {
	mutex sync.Mutex
	data  []byte
}

func (t *tail) Write(data []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.data = append(t.data, data...)
	if over := len(t.data) - 1<<18; over > 0 {
		t.data = append([]byte(nil), t.data[over:]...)
	}
	return len(data), nil
}

func (t *tail) reason() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, mark := range []string{"fatal error: ", "panic: "} {
		if _, after, found := strings.Cut(string(t.data), mark); found {
			line, _, _ := strings.Cut(after, "\n")
			return line
		}
	}
	return "the process ended"
}

// ---- the side that runs CoreDNS

// namespaces gives the worker a network of its own, with nothing in it, so that a verdict depends on no name server and nobody can be
// called; and mounts of its own, for inCluster.
func namespaces() *syscall.SysProcAttr {
	made := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		made.Cloneflags |= syscall.CLONE_NEWUSER
		made.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		made.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return made
}

// loopback takes lo up, which a new network starts without: else `bind lo` has no address.
func loopback() error {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	request := struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{flags: syscall.IFF_UP}
	copy(request.name[:], "lo")
	if _, _, code := syscall.Syscall(syscall.SYS_IOCTL, uintptr(socket), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); code != 0 {
		return code
	}
	return nil
}

// inCluster makes `kubernetes` without `endpoint` believe that it runs in a pod. It asks nobody: the address is only put into a client.
// The token lies in a memory file system that the worker alone sees; nothing is written to the machine.
func inCluster(apart bool) error {
	for name, value := range map[string]string{"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"} {
		if _, set := os.LookupEnv(name); !set {
			os.Setenv(name, value)
		}
	}
	if _, err := os.Stat(token); err == nil {
		return nil
	} else if !apart {
		return err
	}
	run, err := filepath.EvalSymlinks("/var/run")
	if err != nil {
		return err
	}
	// /etc/resolv.conf is often a link into /run, which is about to be covered.
	resolver, _ := filepath.EvalSymlinks("/etc/resolv.conf")
	servers, _ := os.ReadFile(resolver)
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	if err := syscall.Mount("tmpfs", run, "tmpfs", 0, ""); err != nil {
		return fmt.Errorf("tmpfs on %s: %w", run, err)
	}
	if strings.HasPrefix(resolver, run+"/") {
		os.MkdirAll(filepath.Dir(resolver), 0o755)
		os.WriteFile(resolver, servers, 0o644)
	}
	if err := os.MkdirAll(filepath.Dir(token), 0o755); err != nil {
		return err
	}
	// Any text will do. There is no ca.crt: its absence is only logged.
	return os.WriteFile(token, []byte("none"), 0o600)
}

func work() {
	apart := os.Getenv(workerEnv) == "apart"
	os.Unsetenv(workerEnv)
	if _, set := os.LookupEnv("AWS_EC2_METADATA_DISABLED"); !set {
		os.Setenv("AWS_EC2_METADATA_DISABLED", "true") // `dnssec` with a key of AWS would ask the network otherwise
	}
	log.SetOutput(io.Discard)
	caddy.Quiet = true
	answers := os.NewFile(3, "answers")
	syscall.CloseOnExec(3)
	var hello []string // what the caller is to be warned of
	if apart {
		if err := loopback(); err != nil {
			hello = append(hello, fmt.Sprintf("lo is down (%v)", err))
		}
	}
	if err := inCluster(apart); err != nil {
		hello = append(hello, fmt.Sprintf("no service account token (%v): `kubernetes` without `endpoint` is refused", err))
	}
	fmt.Fprintln(answers, strings.Join(hello, "; "))
	home, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	lines := bufio.NewReaderSize(os.Stdin, 1<<16)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		text, err := json.Marshal(reply(line, home))
		if err != nil {
			panic(err)
		}
		answers.Write(append(text, '\n'))
	}
}

func reply(line []byte, home string) (made answer) {
	made.Phase = "question"
	refuse := func(reason string) { made.Loads, made.Error = false, &reason }
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		refuse("question: " + err.Error())
		return made
	}
	made.ID = asked.ID
	corefile := asked.Base64
	if corefile == nil {
		corefile = []byte(asked.Corefile)
	}
	if asked.Cwd != "" {
		if err := os.Chdir(asked.Cwd); err != nil {
			refuse("question: " + err.Error())
			return made
		}
		defer os.Chdir(home)
	}
	for name, value := range asked.Env {
		if before, set := os.LookupEnv(name); set {
			defer os.Setenv(name, before)
		} else {
			defer os.Unsetenv(name)
		}
		os.Setenv(name, value)
	}
	defer func() {
		if caught := recover(); caught != nil {
			refuse(fmt.Sprintf("panic: %v", caught))
		}
	}()
	if err := load(corefile, &made.Phase); err != nil {
		refuse(err.Error())
		return made
	}
	made.Loads = true
	return made
}

// load does what caddy.Start does, up to the point where it would run the hooks and listen.
func load(corefile []byte, phase *string) error {
	instance := &caddy.Instance{Storage: map[interface{}]interface{}{}}
	field(instance, "serverType").SetString("dns")
	field(instance, "wg").Set(reflect.ValueOf(new(sync.WaitGroup)))
	input := caddy.CaddyfileInput{Contents: corefile, Filepath: "Corefile", ServerTypeName: "dns"}
	*phase = "setup"
	if err := caddy.ValidateAndExecuteDirectives(input, instance, false); err != nil {
		// The error does not say where it comes from: ask the parser alone.
		if _, parse := caddyfile.Parse("Corefile", bytes.NewReader(corefile), caddy.ValidDirectives("dns")); parse != nil {
			*phase = "parse"
		}
		return err
	}
	*phase = "servers"
	_, err := field(instance, "context").Interface().(caddy.Context).MakeServers()
	return err
}

// field gives access to a field that Caddy does not export.
func field(instance *caddy.Instance, name string) reflect.Value {
	value := reflect.ValueOf(instance).Elem().FieldByName(name)
	return reflect.NewAt(value.Type(), unsafe.Pointer(value.UnsafeAddr())).Elem()
}
