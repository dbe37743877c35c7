package main

import (
	"fmt"
	"io"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/backend/plonk"
	"github.com/consensys/gnark/backend/witness"
	"github.com/consensys/gnark/constraint"
	cs "github.com/consensys/gnark/constraint/bn254"
	"github.com/consensys/gnark/test/unsafekzg"
)

// plonkSystem proves with gnark's PLONK the gates of a snarkjs key: every wire is given.
type plonkSystem struct {
	constraints constraint.ConstraintSystem
	key         plonk.ProvingKey
	verifying   plonk.VerifyingKey
	gates       *gates
	proof       plonk.Proof
	public      witness.Witness
}

// gates of a snarkjs plonk key: what is needed to extend circom's witness by the wires of long sums.
type gates struct {
	public    int
	additions []addition
}

// An addition defines a new wire: left * its factor + right * its factor.
type addition struct {
	left, right             uint32
	leftFactor, rightFactor fr.Element
}

const additionBytes = 8 + 2*wordBytes

func (s *plonkSystem) setup(circuit, keys string) error {
	system, additions, err := readGates(circuit)
	if err != nil {
		return err
	}
	canonical, lagrange, err := unsafekzg.NewSRS(system)
	if err != nil {
		return err
	}
	proving, verifying, err := plonk.Setup(system, canonical, lagrange)
	if err != nil {
		return err
	}
	if err := writeFile(keys, "additions", func(w io.Writer) error {
		_, err := w.Write(additions)
		return err
	}); err != nil {
		return err
	}
	if err := writeFile(keys, "constraints", func(w io.Writer) error { return written(system.WriteTo(w)) }); err != nil {
		return err
	}
	if err := writeFile(keys, "verifying", func(w io.Writer) error { return written(verifying.WriteRawTo(w)) }); err != nil {
		return err
	}
	return writeFile(keys, "proving", func(w io.Writer) error { return written(proving.WriteRawTo(w)) })
}

func (s *plonkSystem) load(keys string) error {
	s.constraints = plonk.NewCS(ecc.BN254)
	s.key = plonk.NewProvingKey(ecc.BN254)
	s.verifying = plonk.NewVerifyingKey(ecc.BN254)
	if err := readFile(keys, "constraints", func(r io.Reader) error { return written(s.constraints.ReadFrom(r)) }); err != nil {
		return err
	}
	if err := readFile(keys, "verifying", func(r io.Reader) error { return written(s.verifying.UnsafeReadFrom(r)) }); err != nil {
		return err
	}
	if err := readFile(keys, "additions", func(r io.Reader) error {
		data, err := io.ReadAll(r)
		s.gates = &gates{public: s.constraints.GetNbPublicVariables(), additions: readAdditions(data)}
		return err
	}); err != nil {
		return err
	}
	return readFile(keys, "proving", func(r io.Reader) error { return written(s.key.UnsafeReadFrom(r)) })
}

func (s *plonkSystem) prove(path string) error {
	values, err := readWitness(path)
	if err != nil {
		return err
	}
	full, err := newWitness(s.gates.extend(values)[wordBytes:], s.gates.public)
	if err != nil {
		return err
	}
	if s.public, err = full.Public(); err != nil {
		return err
	}
	s.proof, err = plonk.Prove(s.constraints, s.key, full)
	return err
}

func (s *plonkSystem) verify() error { return plonk.Verify(s.proof, s.verifying, s.public) }

// extend appends the wires of the additions; the wire of the constant is zero, as snarkjs has it.
func (g *gates) extend(values []byte) []byte {
	count := len(values) / wordBytes
	wires := make([]fr.Element, count, count+len(g.additions))
	for wire := 1; wire < count; wire++ {
		value := [fr.Bytes]byte(values[wire*wordBytes:])
		wires[wire], _ = fr.LittleEndian.Element(&value)
	}
	out := make([]byte, len(values), len(values)+len(g.additions)*wordBytes)
	copy(out, values)
	for _, add := range g.additions {
		var left, right fr.Element
		left.Mul(&wires[add.left], &add.leftFactor)
		right.Mul(&wires[add.right], &add.rightFactor)
		left.Add(&left, &right)
		wires = append(wires, left)
		var value [fr.Bytes]byte
		fr.LittleEndian.PutElement(&value, left)
		out = append(out, value[:]...)
	}
	return out
}

// readGates builds gnark's system of the gates of a snarkjs key, and returns the bytes of its additions.
func readGates(path string) (*cs.SparseR1CS, []byte, error) {
	found, err := sections(path, "zkey")
	if err != nil {
		return nil, nil, err
	}
	kind := cursor{found[1]}
	if protocol := kind.u32(); protocol != 2 {
		return nil, nil, fmt.Errorf("%s is a key of protocol %d, not of plonk", path, protocol)
	}
	header := cursor{found[2][2*(4+wordBytes):]}
	wires, public, size := int(header.u32()), int(header.u32()), int(header.u32())
	header.take(4) // additions
	rows := int(header.u32())

	system := cs.NewSparseR1CS(rows)
	for wire := 1; wire < wires; wire++ {
		if wire <= public {
			system.AddPublicVariable("")
		} else {
			system.AddSecretVariable("")
		}
	}
	blueprint := system.AddBlueprint(&constraint.BlueprintGenericSparseR1C[constraint.U64]{})
	maps := [3]cursor{{found[4]}, {found[5]}, {found[6]}}
	for row := range rows {
		var wire [3]uint32
		for column := range maps {
			// The wire of the constant stands where a selector is zero: any other will do.
			wire[column] = max(maps[column].u32(), 1) - 1
		}
		if row < public {
			continue // gnark makes the rows of public signals itself
		}
		selector := func(section uint32) uint32 {
			// After the coefficients, values on a domain of four times the size: every fourth is a row's.
			at := wordBytes * (size + 4*row)
			return system.AddCoeff(word(montgomery(found[section][at : at+wordBytes])))
		}
		system.AddSparseR1C(constraint.SparseR1C{
			XA: wire[0], XB: wire[1], XC: wire[2],
			QM: selector(7), QL: selector(8), QR: selector(9), QO: selector(10), QC: selector(11),
		}, blueprint)
	}
	return system, found[3], nil
}

func readAdditions(data []byte) []addition {
	list := make([]addition, 0, len(data)/additionBytes)
	for rest := (cursor{data}); len(rest.data) > 0; {
		add := addition{left: rest.u32(), right: rest.u32()}
		add.leftFactor, add.rightFactor = montgomery(rest.take(wordBytes)), montgomery(rest.take(wordBytes))
		list = append(list, add)
	}
	return list
}

// word is an element as gnark's constraint systems take it: its limbs.
func word(value fr.Element) (out constraint.U64) {
	copy(out[:], value[:])
	return out
}
