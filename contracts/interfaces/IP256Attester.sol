// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAttestationVerifier} from "./IAttestationVerifier.sol";

/// @title P256Attester
/// @notice Vouches for an environment if one P-256 key has signed for it: that of a hardware module, a passkey, an enclave.
/// @dev The key is fixed for good. Checked by the precompile at 0x100 (RIP-7212, EIP-7951) and by nothing else: where it
/// lacks, verify reverts with OpenZeppelin's MissingPrecompile(address). A statement is abi.encodePacked(uint48 deadline, bytes32 r,
/// bytes32 s), 70 bytes: `deadline` is the last second in which it may be used; r and s (low) are over the SHA-256 of the 32
/// bytes of EnvironmentStatement's digest (see there), which is what an API that hashes by itself signs.
interface IP256Attester is IAttestationVerifier {
    /// @notice Thrown when the key is no point of the curve.
    error P256Attester_InvalidKey(bytes32 x, bytes32 y);
    /// @notice Thrown when the key is given no name.
    error P256Attester_EmptyName();
    /// @notice Thrown when a statement has another length than 70 bytes.
    error P256Attester_MalformedStatement(uint256 length);
    /// @notice Thrown when a statement may no longer be used.
    error P256Attester_DeadlinePassed(uint48 deadline, uint256 blockTime);
    /// @notice Thrown when the key did not sign this, for this verifier, or signed it with a high s.
    error P256Attester_InvalidSignature();

    /// @notice What the attester is called, as its deployer chose, and its key's coordinates.
    function attester() external view returns (bytes32 name, bytes32 x, bytes32 y);
}
