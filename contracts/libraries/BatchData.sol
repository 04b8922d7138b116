// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LogId} from "../types/Ids.sol";

/// @title Batch data, version 1
/// @notice The byte format of a batch, the same inline and external:
///
///   offset                 bytes  field
///   0                      1      version, 1
///   1                      2      m, number of models
///   3                      2      e, number of environments
///   5                      4      n, number of inferences, at least 1
///   9                      32 m   model ids
///   9 + 32 m               32 e   environment ids
///   9 + 32 (m + e)         42 n   records
///
///   record: 2 model index, 2 environment index, 6 servedAt (Unix ms), 32 commitment
///
/// All numbers are big-endian. The length is exact: nothing follows the last record. Sequence numbers are not stored: the
/// i-th record has `first + i`.
library BatchData {
    /// @notice Thrown when the version byte is not 1.
    error BatchData_UnknownVersion(uint8 version);
    /// @notice Thrown when the batch has no inference.
    error BatchData_Empty();
    /// @notice Thrown when the length is not the one that the header's numbers give.
    error BatchData_LengthMismatch(uint256 expected, uint256 actual);
    /// @notice Thrown when a record points outside the dictionaries.
    error BatchData_IndexOutOfRange(uint256 record);

    uint256 internal constant HEADER_LENGTH = 9;
    uint256 internal constant RECORD_LENGTH = 42;

    /// @notice Decodes batch data and computes the root of its inferences (RFC 9162, section 2.1.1).
    /// @dev Costs one leaf hash and about one node hash a record, and memory for 32 nodes whatever the size: a finished pair
    /// is merged at once, so what stays are the perfect subtrees of the binary digits of the count so far.
    /// @param data The batch data.
    /// @param logId The inference log.
    /// @param first Sequence number of the first record; the caller makes sure that first + count fits 64 bits.
    /// @return root The root.
    /// @return count The number of records.
    function rootOf(
        bytes calldata data,
        LogId logId,
        uint64 first
    ) internal view returns (bytes32 root, uint256 count) {
        if (data.length < HEADER_LENGTH) revert BatchData_LengthMismatch(HEADER_LENGTH, data.length);
        uint8 version = uint8(data[0]);
        if (version != 1) revert BatchData_UnknownVersion(version);
        uint256 modelCount = uint16(bytes2(data[1:3]));
        uint256 environmentCount = uint16(bytes2(data[3:5]));
        count = uint32(bytes4(data[5:9]));
        if (count == 0) revert BatchData_Empty();
        uint256 expected = HEADER_LENGTH + 32 * (modelCount + environmentCount) + RECORD_LENGTH * count;
        if (data.length != expected) revert BatchData_LengthMismatch(expected, data.length);

        // Both blocks write scratch space and [free, free + 0xd60) past the free memory pointer, never handed out, so no
        // Solidity object is touched, and nothing between them allocates: three words at free, the leaf's 193 bytes at
        // free + 0x60, then one node of 65 bytes for each level at free + 0x160 + 0x60 * level. The level stays below 32: a
        // subtree of height h is finished only after 2^h records, and count < 2^32.
        // The precompile at 0x02 can fail by lack of gas alone; `ok` remembers that, and nothing is returned then.
        uint256 i;
        bool ok = true;
        uint256 leaf;
        // Reads: the length check above makes the dictionaries and all records lie inside `data`, and each pointer into a
        // dictionary is compared with the dictionary's end before it is used, so no calldataload reads outside.
        // A node's left place is written before its right one, and it is hashed right after that: digit h of i says which
        // place of level h the subtree with record i takes. So no stale word is hashed.
        assembly ("memory-safe") {
            leaf := add(mload(0x40), 0x60)
            mstore8(leaf, 0x00)
            mstore(add(leaf, 1), logId)
            let node := add(leaf, 0x100)
            for {
                let digits := count
            } digits {
                digits := shr(1, digits)
            } {
                mstore8(node, 0x01)
                node := add(node, 0x60)
            }

            // The dictionaries' places wait in memory: the stack is short, and the compiler would compute them anew each time.
            let record := add(data.offset, HEADER_LENGTH)
            mstore(sub(leaf, 0x60), record)
            record := add(record, shl(5, modelCount))
            mstore(sub(leaf, 0x40), record)
            record := add(record, shl(5, environmentCount))
            mstore(sub(leaf, 0x20), record)
            let end := add(data.offset, data.length)
            let pair := not(0)
            for {} lt(record, end) {
                record := add(record, RECORD_LENGTH)
            } {
                let head := calldataload(record)
                // Neighbours mostly have the same model and environment, which then stand in the leaf already.
                if iszero(eq(shr(224, head), pair)) {
                    pair := shr(224, head)
                    let environments := mload(sub(leaf, 0x40))
                    let model := add(mload(sub(leaf, 0x60)), shl(5, shr(16, pair)))
                    let environment := add(environments, shl(5, and(pair, 0xffff)))
                    if iszero(and(lt(model, environments), lt(environment, mload(sub(leaf, 0x20))))) {
                        break
                    }
                    mstore(add(leaf, 33), calldataload(model))
                    mstore(add(leaf, 65), calldataload(environment))
                }
                mstore(add(leaf, 97), calldataload(add(record, 10)))
                mstore(add(leaf, 129), add(first, i))
                mstore(add(leaf, 161), and(shr(176, head), 0xffffffffffff))

                // The leaf's hash goes straight to its place in a node. Where that is the right one, the node is finished,
                // and its hash goes straight to its own place one level up, as long as that is a right one too.
                node := add(leaf, 0x100)
                ok := and(ok, staticcall(gas(), 0x02, leaf, 193, add(add(node, 1), shl(5, and(i, 1))), 0x20))
                for {
                    let digits := i
                } and(digits, 1) {} {
                    digits := shr(1, digits)
                    let place := add(add(node, 0x61), shl(5, and(digits, 1)))
                    ok := and(ok, staticcall(gas(), 0x02, node, 65, place, 0x20))
                    node := add(node, 0x60)
                }
                i := add(i, 1)
            }
        }
        if (i != count) revert BatchData_IndexOutOfRange(i);

        // Each binary digit of count has left a perfect subtree in the left place of its level. Folded from the right: the
        // RFC's split puts the largest leftmost. A node's left place was written above, its right one is written here.
        assembly ("memory-safe") {
            let node := add(leaf, 0x100)
            for {} iszero(and(i, 1)) {
                i := shr(1, i)
            } {
                node := add(node, 0x60)
            }
            root := mload(add(node, 1))
            for {
                i := shr(1, i)
            } i {
                i := shr(1, i)
            } {
                node := add(node, 0x60)
                if and(i, 1) {
                    mstore(add(node, 33), root)
                    ok := and(ok, staticcall(gas(), 0x02, node, 65, 0x00, 0x20))
                    root := mload(0x00)
                }
            }
            if iszero(ok) {
                revert(0x00, 0x00)
            }
        }
    }

    /// @notice SHA-256 of batch data.
    /// @dev As `sha256(data)`, but the copy does not move the free memory pointer, so that the event which re-emits the
    /// data uses the same memory again: memory's price grows with the square of its size.
    function digestOf(bytes calldata data) internal view returns (bytes32 digest) {
        // Writes past the free memory pointer and into scratch space only; success is checked.
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            calldatacopy(buffer, data.offset, data.length)
            if iszero(staticcall(gas(), 0x02, buffer, data.length, 0x00, 0x20)) {
                revert(0x00, 0x00)
            }
            digest := mload(0x00)
        }
    }
}
