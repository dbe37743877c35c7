package main

import (
	"io"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark/backend/groth16"
	"github.com/consensys/gnark/backend/witness"
	"github.com/consensys/gnark/constraint"
	cs "github.com/consensys/gnark/constraint/bn254"
)

// groth16System proves with gnark's Groth16: every wire is given, so nothing is left to solve.
type groth16System struct {
	constraints groth16CS
	key         groth16.ProvingKey
	verifying   groth16.VerifyingKey
	proof       groth16.Proof
	public      witness.Witness
}

type groth16CS = constraint.ConstraintSystem

func (s *groth16System) setup(circuit, keys string) error {
	system, err := readConstraints(circuit)
	if err != nil {
		return err
	}
	proving, verifying, err := groth16.Setup(system)
	if err != nil {
		return err
	}
	if err := writeFile(keys, "constraints", func(w io.Writer) error { return written(system.WriteTo(w)) }); err != nil {
		return err
	}
	if err := writeFile(keys, "verifying", func(w io.Writer) error { return written(verifying.WriteRawTo(w)) }); err != nil {
		return err
	}
	return writeFile(keys, "proving", proving.WriteDump)
}

// load takes the fastest way gnark has: a dump of memory, not checked.
func (s *groth16System) load(keys string) error {
	s.constraints = groth16.NewCS(ecc.BN254)
	s.key = groth16.NewProvingKey(ecc.BN254)
	s.verifying = groth16.NewVerifyingKey(ecc.BN254)
	if err := readFile(keys, "constraints", func(r io.Reader) error { return written(s.constraints.ReadFrom(r)) }); err != nil {
		return err
	}
	if err := readFile(keys, "verifying", func(r io.Reader) error { return written(s.verifying.UnsafeReadFrom(r)) }); err != nil {
		return err
	}
	return readFile(keys, "proving", s.key.ReadDump)
}

func (s *groth16System) prove(path string) error {
	values, err := readWitness(path)
	if err != nil {
		return err
	}
	// gnark's wire of the constant one is implied.
	full, err := newWitness(values[wordBytes:], s.constraints.GetNbPublicVariables()-1)
	if err != nil {
		return err
	}
	if s.public, err = full.Public(); err != nil {
		return err
	}
	s.proof, err = groth16.Prove(s.constraints, s.key, full)
	return err
}

func (s *groth16System) verify() error { return groth16.Verify(s.proof, s.verifying, s.public) }

// readConstraints builds gnark's system of circom's: same wires, same rows.
func readConstraints(path string) (*cs.R1CS, error) {
	found, err := sections(path, "r1cs")
	if err != nil {
		return nil, err
	}
	header := cursor{found[1][4+wordBytes:]}
	wires, outputs, inputs := int(header.u32()), int(header.u32()), int(header.u32())
	header.take(4 + 8) // private inputs, labels
	rows := int(header.u32())

	system := cs.NewR1CS(rows)
	for wire := range wires {
		if wire <= outputs+inputs {
			system.AddPublicVariable("")
		} else {
			system.AddSecretVariable("")
		}
	}
	blueprint := system.AddBlueprint(&constraint.BlueprintGenericR1C{})
	body := cursor{found[2]}
	for range rows {
		var row [3]constraint.LinearExpression
		for part := range row {
			for range body.u32() {
				wire := int(body.u32())
				value, err := body.element()
				if err != nil {
					return nil, err
				}
				row[part] = append(row[part], system.MakeTerm(word(value), wire))
			}
		}
		system.AddR1C(constraint.R1C{L: row[0], R: row[1], O: row[2]}, blueprint)
	}
	return system, nil
}

// written drops the count that gnark's readers and writers return.
func written(_ int64, err error) error { return err }
