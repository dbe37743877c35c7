// Command gnark proves circom's circuits with gnark: the peer that ZKPool's prover is measured against.
//
//	gnark setup SYSTEM CIRCUIT KEYS          make keys for a circuit, with a trapdoor nobody kept
//	gnark prove SYSTEM CIRCUIT KEYS WITNESS  load keys, then answer each line of standard input
//
// SYSTEM is groth16 (CIRCUIT is an .r1cs) or plonk (CIRCUIT is snarkjs's plonk .zkey, of which the gates are
// taken). After loading and after each line, `prove` or `verify`, one line of JSON is printed.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/consensys/gnark/logger"
)

// A system proves one circuit.
type system interface {
	// setup makes keys and writes them under a folder.
	setup(circuit, keys string) error
	// load reads what setup wrote.
	load(keys string) error
	// prove proves the witness in a .wtns file and keeps the proof.
	prove(witness string) error
	// verify checks the proof that was kept.
	verify() error
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gnark:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	logger.Disable()
	if len(args) < 4 {
		return fmt.Errorf("4 or 5 arguments are needed: setup|prove SYSTEM CIRCUIT KEYS [WITNESS]")
	}
	var s system
	switch args[1] {
	case "groth16":
		s = &groth16System{}
	case "plonk":
		s = &plonkSystem{}
	default:
		return fmt.Errorf("no system %q", args[1])
	}
	if args[0] == "setup" {
		return s.setup(args[2], args[3])
	}
	if err := s.load(args[3]); err != nil {
		return err
	}
	report()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var err error
		switch lines.Text() {
		case "prove":
			err = s.prove(args[4])
		case "verify":
			err = s.verify()
		default:
			err = fmt.Errorf("no command %q", lines.Text())
		}
		if err != nil {
			return err
		}
		report()
	}
	return lines.Err()
}

// report prints the CPU seconds of this process so far.
func report() {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	seconds := float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
	fmt.Printf("{\"cpu_s\": %.6f}\n", seconds)
}

// writeFile writes a file in the folder through a buffer.
func writeFile(folder, name string, write func(io.Writer) error) error {
	file, err := os.Create(filepath.Join(folder, name))
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(file, 1<<20)
	if err := write(buffer); err != nil {
		return err
	}
	if err := buffer.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// readFile reads a file in the folder through a buffer.
func readFile(folder, name string, read func(io.Reader) error) error {
	file, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	return read(bufio.NewReaderSize(file, 1<<20))
}
