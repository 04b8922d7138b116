// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAttestationVerifier} from "../../../contracts/interfaces/IAttestationVerifier.sol";
import {EnvironmentRegistration} from "../../../contracts/interfaces/IEnvironmentRegistry.sol";
import {EnvironmentId} from "../../../contracts/types/Ids.sol";

/// @notice Vouches for what comes with the id itself as its statement.
contract EchoVerifier is IAttestationVerifier {
    function verify(
        EnvironmentId environmentId,
        EnvironmentRegistration calldata,
        bytes calldata statement
    ) external pure returns (bool) {
        return keccak256(statement) == keccak256(abi.encode(environmentId));
    }
}

/// @notice Tries to change something while it is asked.
contract MeddlingVerifier {
    function verify(
        EnvironmentId environmentId,
        EnvironmentRegistration calldata,
        bytes calldata
    ) external returns (bool) {
        (bool success, ) = msg.sender.call(abi.encodeWithSignature("revoke(bytes32)", environmentId));
        return !success;
    }
}

/// @notice Answers with any bytes, or reverts with them.
contract AnsweringVerifier {
    bytes private _answer;
    bool private immutable REVERTS;

    constructor(bytes memory answer, bool reverts) {
        _answer = answer;
        REVERTS = reverts;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        bytes memory answer = _answer;
        if (REVERTS) {
            // Reads `answer` inside its length, and ends.
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        return answer;
    }
}

/// @notice Vouches for what a named attester has signed: EIP-712, under this verifier's own domain.
contract AttesterVerifier is IAttestationVerifier, EIP712 {
    bytes32 private constant STATEMENT_TYPEHASH = keccak256("Statement(bytes32 environmentId,uint48 validUntil)");
    address private immutable _ATTESTER;

    constructor(address attester) EIP712("Attester", "1") {
        _ATTESTER = attester;
    }

    function verify(
        EnvironmentId environmentId,
        EnvironmentRegistration calldata registration,
        bytes calldata statement
    ) external view returns (bool) {
        (address signer, ECDSA.RecoverError err, ) = ECDSA.tryRecoverCalldata(
            statementDigest(environmentId, registration.validUntil),
            statement
        );
        return err == ECDSA.RecoverError.NoError && signer == _ATTESTER;
    }

    function statementDigest(EnvironmentId environmentId, uint48 validUntil) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(STATEMENT_TYPEHASH, environmentId, validUntil)));
    }
}

/// @notice Refuses with a reason of its own.
contract RevertingVerifier is IAttestationVerifier {
    error NotMyKind(bytes32 kind);

    function verify(
        EnvironmentId,
        EnvironmentRegistration calldata registration,
        bytes calldata
    ) external pure returns (bool) {
        revert NotMyKind(registration.kind);
    }
}

/// @notice Tries a call of its own, and says whether it succeeded by how it answers.
contract ReenteringVerifier {
    bytes private _call;

    function setCall(bytes calldata call) external {
        _call = call;
    }

    /// @dev Not `view`, so that the compiler lets it call; the caller's static call is what stops it.
    function verify(EnvironmentId, EnvironmentRegistration calldata, bytes calldata) external returns (bool) {
        (bool success, ) = msg.sender.call(_call);
        return !success;
    }
}
