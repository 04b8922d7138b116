// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAttestationVerifier} from "./IAttestationVerifier.sol";

/// @notice An account that attests, and what it is called.
struct NamedAttester {
    /// @dev Signs by its key or by its code (ERC-1271).
    address account;
    /// @dev ASCII, padded with zeros on the right. Chosen by who deployed the verifier.
    bytes32 name;
}

/// @title AttesterQuorum
/// @notice Vouches for an environment if M of N named attesters have signed for it.
/// @dev The set is fixed for good: no owner, no admin. Another set is another contract, which is another label that a
/// reader's policy believes or not. A statement is the signatures one after the other, in strictly ascending order of the
/// attesters' addresses, each as abi.encodePacked(address attester, uint48 deadline, uint16 length, bytes signature), where
/// `deadline` is the last second in which it may be used. Each is over EnvironmentStatement (see there): ECDSA (r, s, v, low
/// s), then ERC-1271. More than M may sign; one that does not hold spoils the statement, and can be left out.
interface IAttesterQuorum is IAttestationVerifier {
    /// @notice Thrown when the threshold is zero, or more than there are attesters.
    error AttesterQuorum_InvalidThreshold(uint256 threshold, uint256 attesters);
    /// @notice Thrown when there are more attesters than a verifier can have.
    error AttesterQuorum_TooManyAttesters(uint256 attesters, uint256 limit);
    /// @notice Thrown when an attester's address is zero, given twice or not above the one before it.
    error AttesterQuorum_AttestersNotAscending(address previous, address account);
    /// @notice Thrown when an attester has no name, or that of another.
    error AttesterQuorum_InvalidName(address account, bytes32 name);
    /// @notice Thrown when a statement ends inside a signature.
    error AttesterQuorum_MalformedStatement(uint256 offset);
    /// @notice Thrown when a statement's attesters are not in strictly ascending order.
    error AttesterQuorum_SignaturesNotAscending(address previous, address attester);
    /// @notice Thrown when a signature is of an account that is no attester of this verifier.
    error AttesterQuorum_NotAnAttester(address account);
    /// @notice Thrown when a signature may no longer be used.
    error AttesterQuorum_DeadlinePassed(address attester, uint48 deadline, uint256 blockTime);
    /// @notice Thrown when an attester did not sign this, for this verifier.
    error AttesterQuorum_InvalidSignature(address attester);
    /// @notice Thrown when fewer attesters have signed than it takes.
    error AttesterQuorum_ThresholdNotReached(uint256 signatures, uint256 threshold);

    /// @notice How many attesters it takes (M).
    function threshold() external view returns (uint256);

    /// @notice All attesters (N), in ascending order of their addresses.
    function attesters() external view returns (NamedAttester[] memory);

    /// @notice What an attester is called; zero for any other account.
    function nameOf(address account) external view returns (bytes32);
}
