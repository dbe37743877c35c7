package main

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"os"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/backend/witness"
)

const wordBytes = 32

// sections of circom's and snarkjs's binary container, by number.
func sections(path, magic string) (map[uint32][]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) < 12 || string(data[:4]) != magic {
		return nil, fmt.Errorf("%s is no %s file", path, magic)
	}
	found := make(map[uint32][]byte)
	rest := data[12:]
	for range binary.LittleEndian.Uint32(data[8:]) {
		if len(rest) < 12 {
			return nil, fmt.Errorf("%s is cut short", path)
		}
		kind, size := binary.LittleEndian.Uint32(rest), binary.LittleEndian.Uint64(rest[4:])
		if size > uint64(len(rest)-12) {
			return nil, fmt.Errorf("%s is cut short", path)
		}
		found[kind] = rest[12 : 12+size]
		rest = rest[12+size:]
	}
	return found, nil
}

// A cursor reads numbers one after the other.
type cursor struct{ data []byte }

func (c *cursor) take(count int) []byte {
	taken := c.data[:count]
	c.data = c.data[count:]
	return taken
}

func (c *cursor) u32() uint32 { return binary.LittleEndian.Uint32(c.take(4)) }

// element is a field element in 32 little-endian bytes.
func (c *cursor) element() (fr.Element, error) {
	return fr.LittleEndian.Element((*[fr.Bytes]byte)(c.take(wordBytes)))
}

// montgomery is an element whose Montgomery limbs are stored, as gnark keeps them in memory too.
func montgomery(data []byte) (e fr.Element) {
	for limb := range e {
		e[limb] = binary.LittleEndian.Uint64(data[8*limb:])
	}
	return e
}

// readWitness gives the values of a .wtns file, the leading one included.
func readWitness(path string) ([]byte, error) {
	found, err := sections(path, "wtns")
	if err != nil {
		return nil, err
	}
	return found[2], nil
}

// newWitness makes gnark's witness of little-endian words.
func newWitness(values []byte, public int) (witness.Witness, error) {
	count := len(values) / wordBytes
	// gnark's format: counts of public and secret values, length of the vector, big-endian words.
	data := make([]byte, 12+len(values))
	binary.BigEndian.PutUint32(data, uint32(public))
	binary.BigEndian.PutUint32(data[4:], uint32(count-public))
	binary.BigEndian.PutUint32(data[8:], uint32(count))
	for at := 0; at < len(values); at += wordBytes {
		for limb := 0; limb < wordBytes; limb += 8 {
			word := binary.LittleEndian.Uint64(values[at+limb:])
			binary.BigEndian.PutUint64(data[12+at+wordBytes-8-limb:], word)
		}
	}
	made, err := witness.New(modulus())
	if err != nil {
		return nil, err
	}
	return made, made.UnmarshalBinary(data)
}

func modulus() *big.Int { return fr.Modulus() }
